/**
 * The published marginals that the synthetic patients are drawn from. No patient of any data set is in them.
 *
 * [Limdi 2015] Blood 126:539-545, Table 1: 762 European and 595 African Americans on warfarin.
 * [Limdi 2010] Blood 115:3827-34: 1,103 Asian, 670 Black and 3,113 White patients of the consortium.
 * [Shendre 2018] Pharmacogenomics 19:1357-71, Table 1: allele frequencies of the 1000 Genomes super-populations.
 * [Rieder 2005] N Engl J Med 352:2285-93: the VKORC1 haplotypes H1, H2 (low dose) and H7, H8, H9 (high dose).
 * [IWPC 2009] N Engl J Med 360:753-64, Supplementary Appendix: the pharmacogenetic dosing equation (S1e) and its errors (S11).
 */
export const RACES = ['White', 'Asian', 'Black or African American', 'Unknown'] as const;
export type Race = (typeof RACES)[number];

type Body = {
  age: [meanYears: number, sd: number];
  male: { heightCm: number; weightKg: number };
  female: { heightCm: number; weightKg: number };
  heightSd: number;
  weightSd: number;
  femaleShare: number;
};

/** [Limdi 2015], inches and pounds converted and split by sex 6 cm and 7 kg around the mean; Asian: an assumption, 9 cm and 22 kg below. */
export const BODY: Record<Race, Body> = {
  White: { age: [64.1, 15.2], male: { heightCm: 177, weightKg: 92 }, female: { heightCm: 165, weightKg: 78 }, heightSd: 7, weightSd: 20, femaleShare: 0.425 },
  Asian: { age: [62, 13], male: { heightCm: 168, weightKg: 69 }, female: { heightCm: 156, weightKg: 57 }, heightSd: 6.5, weightSd: 11, femaleShare: 0.4 },
  'Black or African American': { age: [57, 15.7], male: { heightCm: 177, weightKg: 95 }, female: { heightCm: 165, weightKg: 86 }, heightSd: 7, weightSd: 21, femaleShare: 0.565 },
  Unknown: { age: [61, 15], male: { heightCm: 174, weightKg: 86 }, female: { heightCm: 162, weightKg: 74 }, heightSd: 7.5, weightSd: 19, femaleShare: 0.45 },
};

type Clinic = Record<'smoker' | 'diabetes' | 'statin' | 'aspirin' | 'amiodarone' | 'heartFailure', number> & {
  indications: Record<'vte' | 'af' | 'valve' | 'stroke' | 'other', number>;
};

/** Shares. [Limdi 2015]; heart failure [Limdi 2008] Pharmacogenomics 9:511-26, Table 2; aspirin as half of its antiplatelets; inducers below. */
const WHITE_CLINIC: Clinic = {
  smoker: 0.095,
  diabetes: 0.268,
  statin: 0.583,
  aspirin: 0.31,
  amiodarone: 0.129,
  heartFailure: 0.195,
  indications: { vte: 0.3, af: 0.5, valve: 0.12, stroke: 0.04, other: 0.04 },
};
export const CLINIC: Record<Race, Clinic> = {
  White: WHITE_CLINIC,
  Asian: { ...WHITE_CLINIC, smoker: 0.1, statin: 0.35, amiodarone: 0.05, indications: { vte: 0.12, af: 0.5, valve: 0.28, stroke: 0.06, other: 0.04 } },
  'Black or African American': {
    ...WHITE_CLINIC,
    smoker: 0.163,
    diabetes: 0.38,
    statin: 0.494,
    aspirin: 0.27,
    amiodarone: 0.071,
    heartFailure: 0.253,
    indications: { vte: 0.5, af: 0.28, valve: 0.1, stroke: 0.07, other: 0.05 },
  },
  Unknown: WHITE_CLINIC,
};

/** Carbamazepine, phenytoin and rifampin together: about one in a hundred [IWPC 2009]. */
export const INDUCER_SHARE = 0.012;

/** CYP2C9 alleles, the rest is *1 [Shendre 2018]. *8 is left out: assays of the time read it as *1. */
export const CYP2C9: Record<Race, Record<string, number>> = {
  White: { '*2': 0.124, '*3': 0.073 },
  Asian: { '*2': 0.001, '*3': 0.034 },
  'Black or African American': { '*2': 0.008, '*3': 0.002, '*5': 0.017, '*6': 0.008, '*11': 0.024 },
  Unknown: { '*2': 0.099, '*3': 0.037 },
};

export const SNPS = ['-1639', '497', '1173', '1542', '3730', '2255', '-4451'] as const;
export type Snp = (typeof SNPS)[number];

/**
 * VKORC1 haplotypes as the alleles of SNPS, coding strand [Rieder 2005]; `african` are the two further backgrounds that carry 1542 C (and
 * 2255 T) without -1639 A, which is why those positions do not stand in for -1639 in Black patients [IWPC 2009, S4].
 */
export const HAPLOTYPES = {
  H1: ['A', 'T', 'T', 'C', 'G', 'T', 'C'],
  H2: ['A', 'G', 'T', 'C', 'G', 'T', 'C'],
  H7: ['G', 'T', 'C', 'G', 'A', 'C', 'C'],
  H8: ['G', 'T', 'C', 'G', 'A', 'C', 'A'],
  H9: ['G', 'T', 'C', 'G', 'G', 'C', 'A'],
  african1: ['G', 'T', 'C', 'C', 'G', 'T', 'C'],
  african2: ['G', 'T', 'C', 'C', 'G', 'C', 'C'],
} as const;
export type Haplotype = keyof typeof HAPLOTYPES;

/** Frequencies that add up to the allele frequencies of [Shendre 2018]: -1639 A 38.8, 88.5, 5.4, 41.1 %; 3730 A 36.6, 11.2, 45.4, 40.2 %. */
export const HAPLOTYPE_FREQUENCIES: Record<Race, Partial<Record<Haplotype, number>>> = {
  White: { H1: 0.138, H2: 0.25, H7: 0.296, H8: 0.07, H9: 0.246 },
  Asian: { H1: 0.88, H2: 0.005, H7: 0.107, H8: 0.005, H9: 0.003 },
  'Black or African American': { H1: 0.054, H7: 0.4, H8: 0.054, H9: 0.29, african1: 0.125, african2: 0.077 },
  Unknown: { H1: 0.161, H2: 0.25, H7: 0.332, H8: 0.07, H9: 0.187 },
};

/** Square root of the stable weekly dose in mg [IWPC 2009, S1e]; `other` CYP2C9 alleles take the equation's term for unknown. */
export const DOSE_EQUATION = {
  intercept: 5.6044,
  ageDecade: -0.2614,
  heightCm: 0.0087,
  weightKg: 0.0128,
  vkorc1: { 'G/G': 0, 'A/G': -0.8677, 'A/A': -1.6974 },
  cyp2c9: { '*1/*1': 0, '*1/*2': -0.5211, '*1/*3': -0.9357, '*2/*2': -1.0616, '*2/*3': -1.9206, '*3/*3': -2.3312, other: -0.2188 },
  race: { White: 0, Asian: -0.1092, 'Black or African American': -0.276, Unknown: -0.1032 },
  inducer: 1.1816,
  amiodarone: -0.5503,
} as const;

/** Residual of the square root with which the equation, on these patients as recorded (missing values and all), has its published mean absolute error of 8.3 to 8.8 mg/week [IWPC 2009, S11]. */
export const RESIDUAL_SD = 0.92;

/** INR on the stable dose of patients whose target is 2 to 3. */
export const INR_ON_DOSE = { mean: 2.5, sd: 0.33 };
