/** One of each kind of 45 CFR 164.514(b)(2)(i), by its letter there; none is anybody's. */
export const PLANTED = {
  'A name': 'Erika Mustermann',
  'B street': '12 Larkspur Hollow',
  'B city': 'Smallville',
  'B zip code': '03871-1234',
  'C date of birth': '1951-03-02',
  'D telephone': '603-555-0142',
  'E fax': '603-555-0143',
  'F e-mail': 'erika.m@example.org',
  'G social security': '078-05-1120',
  'H medical record': 'MRN 4711081',
  'I health plan': 'XEA123456789',
  'J account': 'DE02120300000000202051',
  'K licence': 'NHL12345678',
  'L vehicle': '1HGCM82633A004352',
  'M device': 'SN-9Q8W7E6R',
  'N URL': 'https://example.org/~erika',
  'O IP address': '192.0.2.17',
  'P fingerprint': 'FMR 20 203 0A1B',
  'Q photograph': '/9j/4AAQSkZJRgABAQEASABIAAD',
  'R other': 'Study card 55-A-17',
} as const satisfies Record<string, string>;

export type Kind = keyof typeof PLANTED;
export const KINDS = Object.keys(PLANTED) as Kind[];

/** A single word, and a short number, have no form that tells them from a site’s code or the name of a column. */
export const hasForm = (planted: string): boolean => planted !== PLANTED['B city'] && planted !== PLANTED['M device'];

/** As a member of JSON may be named. */
export const memberNamed = (planted: string): string => planted.replaceAll(/[^A-Za-z0-9]/g, '');

/** A file as its sender has it: its name stays with the sender. */
export type PlantedFile = { name: string; content: string | Buffer };

/** A row or resource for every kind, numbered from 1. */
export const eachKind = <T>(make: (planted: string, number: number, kind: Kind) => T | T[]): T[] => KINDS.flatMap((kind, index) => make(PLANTED[kind], index + 1, kind));

/** The name of a patient of these files. */
export const KEY = 'PATIENT-KEY-7';

/** A file's name tells whom it is of. */
export const namedAfter = (ending: string): string => `${PLANTED['A name']} ${PLANTED['H medical record']} ${PLANTED['G social security']}.${ending}`;

/** A CSV of these rows; every cell is quoted. */
export const csvOf = (header: readonly string[], rows: readonly Readonly<Record<string, string | number>>[]): string =>
  [header, ...rows.map((row) => header.map((name) => row[name] ?? ''))].map((cells) => `${cells.map((cell) => `"${String(cell).replaceAll('"', '""')}"`).join(',')}\r\n`).join('');
