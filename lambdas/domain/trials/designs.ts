import euPact from '../../../config/trials/eu-pact.json' with { type: 'json' };

/** A trial's design as far as the platform reads it; the simulation validates the rest. */
export type TrialDesign = { name: string; title: string; source: string; patientsPerArm: number };

/** The designs there are: one line for each file of config/trials. */
const DESIGNS: readonly TrialDesign[] = [euPact];

export const DESIGN_NAMES = DESIGNS.map(({ name }) => name);

export const findDesign = (name: string): TrialDesign | null => DESIGNS.find((design) => design.name === name) ?? null;
