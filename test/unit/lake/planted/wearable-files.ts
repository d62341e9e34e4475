import { KEY, type PlantedFile, csvOf, eachKind, namedAfter } from './identifiers.ts';

const dataPoint = (planted: string, number: number, header: object, body: object): string =>
  `${JSON.stringify({
    header: {
      id: `243c773b-8936-407e-9c23-${String(number).padStart(12, '0')}`,
      creation_date_time: '2014-05-17T08:00:00Z',
      schema_id: { namespace: 'omh', name: 'heart-rate', version: '2.0' },
      acquisition_provenance: { source_name: planted, modality: 'sensed', source_origin_id: planted },
      user_id: `${KEY} ${planted}`,
      ...header,
    },
    body: {
      heart_rate: { value: 64, unit: 'beats/min' },
      effective_time_frame: { date_time: '2014-05-17T07:25:00+01:00' },
      user_notes: planted,
      [planted]: planted,
      ...body,
    },
  })}\n`;

export const openMhealthFiles = (): PlantedFile[] => [
  {
    name: namedAfter('ndjson'),
    content: eachKind((planted, number) =>
      [
        dataPoint(planted, 10 * number, {}, {}),
        dataPoint(planted, 10 * number + 1, {}, { heart_rate: { value: planted, unit: planted } }),
        dataPoint(planted, 10 * number + 2, {}, { effective_time_frame: { date_time: planted } }),
        dataPoint(planted, 10 * number + 3, { schema_id: { namespace: planted, name: planted, version: planted } }, {}),
        dataPoint(planted, 10 * number + 4, { id: planted }, {}),
        `{"header":{"id":"${planted}`,
      ].map((line) => (line.endsWith('\n') ? line : `${line}\n`)),
    ).join(''),
  },
  ...eachKind((planted): PlantedFile => ({ name: `${planted.replaceAll('/', ' ')}.json`, content: planted })),
];

/** A reading for every kind, and rows of which each cell is planted. */
export const cgmFiles = (): PlantedFile[] => [
  {
    name: namedAfter('csv'),
    content: csvOf(
      ['id', 'time', 'gl', 'unit', 'note', ...eachKind((planted) => planted)],
      eachKind((planted, number) => [
        { id: `${KEY} ${planted}`, time: `2014-05-17T0${number % 10}:00:00Z`, gl: 110, unit: 'mg/dL', note: planted },
        { id: planted, time: planted, gl: 110, unit: 'mg/dL', note: planted },
        { id: planted, time: '2014-05-17T08:00:00Z', gl: planted, unit: 'mg/dL', note: planted },
        { id: planted, time: '2014-05-17T09:00:00Z', gl: 110, unit: planted, note: planted },
      ]),
    ),
  },
  ...eachKind((planted): PlantedFile => ({ name: 'no-header.csv', content: `${planted},${planted}\n${planted},${planted}\n` })),
];

export const wearableFiles = (): PlantedFile[] => [
  {
    name: namedAfter('csv'),
    content: csvOf(
      ['Id', 'Date', 'WeightKg', 'WeightPounds', 'Fat', 'BMI', 'IsManualReport', 'LogId'],
      eachKind((planted, number) => {
        const row = {
          Id: `${KEY} ${planted}`,
          Date: `5/17/2014 ${(number % 12) + 1}:00:00 AM`,
          WeightKg: 62.5,
          WeightPounds: 137.789,
          Fat: 22,
          BMI: 24.39,
          IsManualReport: planted,
          LogId: planted,
        };
        return [row, { ...row, Date: planted }, { ...row, WeightKg: planted }, { ...row, BMI: planted }, { ...row, WeightPounds: planted }];
      }),
    ),
  },
  ...eachKind((planted): PlantedFile => ({ name: 'other.csv', content: `${planted},Id\n${planted},${planted}\n` })),
];
