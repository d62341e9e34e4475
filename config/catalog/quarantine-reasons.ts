/** Why a record is left out, in one sentence each. A reason never quotes the record: that stands in the quarantine alone. */
export const QUARANTINE_REASONS = {
  'unparsable-number': 'the value is not a decimal number',
  'impossible-value': 'the value lies outside what is possible in its unit',
  'unknown-genotype': 'the genotype is not one that the position or the gene has',
  'unknown-code': 'the code is not in the list of codes that the source may use',
  'missing-key': 'the patient’s key is empty',
  'missing-site': 'the site is empty',
  'duplicate-key': 'the same patient came before in this file',
  'wrong-column-count': 'the row has another number of cells than the header',
  'malformed-row': 'the row cannot be read as a record of its format',
  'missing-value': 'a value that the standard or the map requires is absent',
  'wrong-type': 'the value has another type than its field',
  'unparsable-date': 'the value is not a date or time of its format',
  'duplicate-record': 'the same record came before in this set of files',
  'broken-reference': 'it refers to a record that is not there',
  'wrong-unit': 'the unit is not one that the source or the value’s definition allows',
  'reference-mismatch': 'the reference allele is not the one that the allele definition has at this position',
  'contradictory-value': 'two statements of the record contradict each other',
  'error-report': 'the record is a server’s report of an error, not data',
  'not-kept': 'the source map says nothing of the table that the record is of',
  'schema-violation': 'the document is not valid by its schema',
  'unknown-schema': 'the document names a schema that is not read, or holds nothing of one that is',
  'no-time-zone': 'a moment is needed, and the time says no zone',
  'unknown-modifier': 'an extension or a rule changes what the record means, and is none that is read',
  'two-patients': 'it joins rows of two patients, and would outlast the withdrawal of either',
  'clock-backwards': 'the time lies before that of the row before it, or after that of the row behind it',
} as const satisfies Record<string, string>;
export type Reason = keyof typeof QUARANTINE_REASONS;

/** Why a file is refused whole. */
export const REFUSAL_REASONS = {
  empty: 'the file is empty',
  'not-this-format': 'the file is not of its source’s format',
  'error-report': 'the file holds a server’s reports of errors, not data',
  malformed: 'the file breaks off or cannot be read as its format',
  'wrong-version': 'the file is of a version that is not read',
  'not-kept': 'the file holds what the lake does not keep',
  'unsafe-markup': 'the file declares entities or a document type, which are not read',
  'too-large': 'the file expands, nests or repeats beyond the limits',
  'out-of-time': 'reading the file takes longer than a step may run; its patients can be divided over several files, its files over several uploads',
  'wrong-reference-build': 'the file is not on the reference build GRCh38',
  'unknown-chromosomes': 'the file names its chromosomes in a way that is not known',
} as const satisfies Record<string, string>;
export type RefusalReason = keyof typeof REFUSAL_REASONS;
