import type { Reason } from '../../../../../config/catalog/quarantine-reasons.ts';
import type { Gene, Position } from '../../../pharmacogenomics/gene-definition.ts';
import { GENES } from '../../../pharmacogenomics/genes.ts';
import { NO_ALLELE, UNPHASED } from '../../../pharmacogenomics/match-diplotypes.ts';
import { codesAt } from '../../../pharmacogenomics/variant-codes.ts';
import { chromosomeOf } from './chromosomes.ts';
import { GeneEvidence, alternativeBits } from './gene-evidence.ts';
import type { VcfHeader } from './header.ts';
import type { VcfMap } from './map.ts';
import { genotypeReader, isUncovered } from './read-genotype.ts';
import type { VcfRecord } from './vcf-record.ts';

/** What the records of one file say of the genes. */
export class FileEvidence {
  readonly genes: readonly GeneEvidence[];
  /** rsIDs that stand where GRCh37 has them */
  rsidsOfGrch37 = 0;
  /** variants as the definitions have them, at their GRCh37 positions, without rsID */
  variantsOfGrch37 = 0;
  /** positions of the definitions with a record */
  positionsRead = 0;
  readonly #header: VcfHeader;
  readonly #map: VcfMap;

  constructor(header: VcfHeader, map: VcfMap) {
    this.#header = header;
    this.#map = map;
    this.genes = GENES.map((gene) => new GeneEvidence(gene, header.samples.length));
  }

  /** Takes a record; what it answers speaks against the record alone. */
  add(record: VcfRecord): { field: string; reason: Reason } | null {
    const chromosome = chromosomeOf(record.chrom)?.chromosome;
    let against: { field: string; reason: Reason } | null = null;
    for (const evidence of this.genes) {
      if (evidence.gene.chromosome !== chromosome) continue;
      this.#noteGrch37(evidence.gene, record);
      if (record.blockEnd !== null) {
        this.#addBlock(evidence, record, record.blockEnd);
        continue;
      }
      for (const [at, position] of evidence.gene.positions.entries()) {
        const said = codesAt(position, record.variant);
        if (said === 'unrelated') continue;
        if (said === 'contradicts-reference') {
          evidence.wrongReference = true;
          evidence.common.push({ field: `REF at ${labelOf(evidence.gene, position)}`, reason: 'reference-mismatch', text: record.fixed });
        } else if (said === 'other-reference-allele') {
          evidence.spoil(at);
          against = { field: `REF at ${labelOf(evidence.gene, position)}`, reason: 'reference-mismatch' };
        } else {
          this.positionsRead += 1;
          this.#addGenotypes(evidence, at, said.codes, record);
        }
      }
    }
    return against;
  }

  /** A line at a position cannot be read: what it would have said is not known. */
  spoil(chrom: string, position: number): void {
    const chromosome = chromosomeOf(chrom)?.chromosome;
    for (const evidence of this.genes) {
      if (evidence.gene.chromosome !== chromosome) continue;
      for (const [at, { position: own }] of evidence.gene.positions.entries()) if (own === position) evidence.spoil(at);
    }
  }

  #noteGrch37({ positions, grch37 }: Gene, { variant, ids }: VcfRecord): void {
    const there = positions.find(({ position }) => position + grch37.offset === variant.position);
    if (!there) return;
    if (there.rsid !== null && ids.includes(there.rsid)) this.rsidsOfGrch37 += 1;
    else if (there.ref === variant.ref && variant.alts.some((alt) => there.alts.includes(alt))) this.variantsOfGrch37 += 1;
  }

  #addGenotypes(evidence: GeneEvidence, at: number, codes: readonly number[], record: VcfRecord): void {
    const { gene } = evidence;
    const label = labelOf(gene, gene.positions[at]!);
    const alternatives = alternativeBits(codes);
    const readFailed = this.#map.failedFilters === 'read';
    const readSample = genotypeReader(record.variant.alts.length, this.#header.depthPerAllele);
    const uncoveredIsRead = this.#map.uncovered === 'read';
    if (!record.passed && !readFailed) {
      evidence.spoil(at);
      return;
    }
    record.fields((sample, fields, text) => {
      if (!readFailed && !isPassing(fields.ft)) return evidence.spoilFor(at, sample);
      const genotype = readSample(fields);
      if (genotype === null) return evidence.spoilFor(at, sample);
      const object = (field: string, reason: Reason): void => evidence.object(sample, { field: `${field} at ${label}`, reason, text: `${record.fixed}\t${text()}` });
      if ('reason' in genotype) return object(genotype.field, genotype.reason);
      if (!uncoveredIsRead && isUncovered(fields, genotype)) return evidence.spoilFor(at, sample);
      // an allele that is called, but is no sequence (`*`, `<DEL>`), leaves the position unread
      if (genotype.alleles.some((index) => index !== null && codes[index] === NO_ALLELE)) return evidence.spoilFor(at, sample);
      const [first, second] = genotype.alleles.map((index) => (index === null ? NO_ALLELE : codes[index]!));
      const said = { first: first!, second: second ?? NO_ALLELE, phase: genotype.phase ?? UNPHASED };
      if (!evidence.state(at, sample, said, alternatives)) object('GT', 'contradictory-value');
    });
    evidence.stated(at, alternatives);
  }

  #addBlock(evidence: GeneEvidence, record: VcfRecord, end: number): void {
    const { referenceBlocks, failedFilters, uncovered } = this.#map;
    const covered = evidence.gene.positions.flatMap((position, at) =>
      record.variant.position <= position.position && position.position + position.ref.length - 1 <= end ? [at] : [],
    );
    if (covered.length === 0) return;
    const readSample = genotypeReader(record.variant.alts.length, false);
    const passed = record.passed || failedFilters === 'read';
    record.fields((sample, fields) => {
      const genotype = readSample(fields);
      const isReference =
        passed &&
        genotype !== null &&
        !('reason' in genotype) &&
        genotype.alleles.length === 2 &&
        genotype.alleles.every((index) => index === 0) &&
        (uncovered === 'read' || !isUncovered(fields, genotype)) &&
        (failedFilters === 'read' || isPassing(fields.ft));
      for (const at of covered) {
        const isRead = referenceBlocks === 'all' || (referenceBlocks === 'substitutions' && !evidence.gene.positions[at]!.window);
        if (isReference && isRead) evidence.block(at, sample);
        else evidence.spoilFor(at, sample);
      }
    });
  }
}

const isPassing = (filter: string | null): boolean => filter === null || filter === '' || filter === '.' || filter === 'PASS';

/** A position's rsID, else its place. */
export const labelOf = ({ chromosome }: Gene, { rsid, position }: Position): string => rsid ?? `chr${chromosome}:${position}`;
