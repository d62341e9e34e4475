import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isJsonObject, kindOf, parseExactly, sortedJson } from '../../../lambdas/domain/exact-json.ts';

describe('JSON whose numbers stay as they were written', () => {
  it('writes what it has read', () => {
    const text = '{"a":1.0,"b":12345678901234567890,"c":-0,"d":[0.1,1e3,1E400],"e":{"rawJSON":"1.0"},"__proto__":2}';
    assert.equal(JSON.stringify(parseExactly(text)), text);
  });

  it('writes any JSON again', () => fc.assert(fc.property(fc.json(), (text) => assert.deepEqual(JSON.parse(JSON.stringify(parseExactly(text))), JSON.parse(text)))));

  it('tells an integer from a float, as Python does', () => {
    const kinds = Object.entries(parseExactly('{"a":1,"b":1.0,"c":1e3,"d":12345678901234567890,"e":true,"f":null,"g":"","h":[],"i":{}}') as object).map(([, value]) =>
      kindOf(value),
    );
    assert.deepEqual(kinds, ['integer', 'float', 'float', 'integer', 'boolean', 'null', 'string', 'array', 'object']);
  });

  it('sorts members at every depth, and nothing else', () => {
    assert.equal(sortedJson(parseExactly('{"b":[{"d":1,"c":2.0}],"a":[2,1]}')), '{"a":[2,1],"b":[{"c":2.0,"d":1}]}');
    assert.notEqual(sortedJson(parseExactly('{"a":1.0}')), sortedJson(parseExactly('{"a":{"rawJSON":"1.0"}}')));
  });

  it('takes no number for an object', () => assert.equal(isJsonObject(parseExactly('1.0')), false));
});
