/**
 * Which part may import which. Contracts know nothing but zod, the domain is pure, only adapters speak to the outside, handlers join
 * them, and the infrastructure knows a function by its contract alone.
 */
const only = (name, comment, from, allowed) => ({ name, comment, severity: 'error', from, to: { pathNot: allowed } });

const SDK = 'node_modules/(@aws-sdk|@smithy|@duckdb|onnxruntime-)';

module.exports = {
  forbidden: [
    { name: 'no-cycles', comment: 'a cycle cannot be read top-down', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', comment: 'every import leads somewhere; aws-lambda is a package of types alone', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^aws-lambda$' } },
    { name: 'declared', comment: 'a package that package.json does not name may be gone tomorrow', severity: 'error', from: {}, to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] } },
    only('contracts-are-nouns', 'contracts import zod and contracts, and the catalog of facts', { path: '^lambdas/contracts/' }, '^(lambdas/contracts/|config/|node_modules/zod/)'),
    only('domain-is-pure', 'the domain imports contracts, domain, facts and pure libraries; hashing is the one thing it takes from Node', { path: '^lambdas/domain/' }, '^(lambdas/(contracts|domain)/|config/|node_modules/(zod|ulid|csv-parse|simple-statistics|@stdlib|vega-lite|saxes|ajv|ajv-formats|stream-json|stream-chain|@gmod/vcf|mime|graphql)/|(node:)?(crypto|zlib|stream)$)'),
    { name: 'only-adapters-reach-out', comment: 'the SDK, DuckDB and ONNX Runtime are imported by adapters', severity: 'error', from: { path: '^lambdas/', pathNot: '^lambdas/adapters/' }, to: { path: SDK } },
    { name: 'adapters-below-handlers', comment: 'an adapter knows no capability', severity: 'error', from: { path: '^lambdas/adapters/' }, to: { path: '^lambdas/', pathNot: '^lambdas/(adapters|contracts|domain)/' } },
    {
      name: 'capabilities-apart',
      comment: 'a handler imports contracts of its capability, the domain and adapters, never another handler',
      severity: 'error',
      from: { path: '^lambdas/(?!contracts|domain|adapters)([^/]+)/([^/]+)/' },
      to: { path: '^lambdas/(?!contracts|domain|adapters)', pathNot: '^lambdas/$1/($2/|[^/]+/contract\\.ts$)' },
    },
    {
      name: 'infra-knows-contracts',
      comment: 'infrastructure imports contracts and facts, the CDM’s tables among them; a function’s code reaches the template as a bundle',
      severity: 'error',
      from: { path: '^infra/' },
      to: { path: '^(lambdas|cli|local|test)/', pathNot: '^lambdas/(contracts/[^/]+|[^/]+/[^/]+/contract|domain/lake/omop-tables)\\.ts$' },
    },
    { name: 'config-is-data', comment: 'facts import at most the names of contracts', severity: 'error', from: { path: '^config/' }, to: { path: '^(infra|cli|local|test|lambdas/(?!contracts/))' } },
    {
      name: 'client-is-thin',
      comment: 'the client speaks HTTP: no infrastructure, no handler, no adapter but the one that signs people in; only the dry run of a source reads files as the ingest does',
      severity: 'error',
      from: { path: '^cli/', pathNot: '^cli/commands/source\\.ts$' },
      to: { path: '^(infra|test|lambdas/(?!contracts/|domain/|adapters/sign-in\\.ts$))' },
    },
    {
      name: 'dry-run-reads-only',
      comment: 'of the adapters the dry run has those that read local files',
      severity: 'error',
      from: { path: '^cli/commands/source\\.ts$' },
      to: { path: '^(infra|test|lambdas/(?!contracts/|domain/|adapters/(set-files|sample-reading)\\.ts$))' },
    },
    { name: 'tests-are-leaves', comment: 'nothing imports a test', severity: 'error', from: { pathNot: '^test/' }, to: { path: '^test/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'], extensions: ['.ts', '.mjs', '.mts', '.js', '.cjs', '.json'] },
  },
};
