"""Published warfarin PK/PD parameters, each standing once with unit, limits and source.

Structural model: Hamberg et al. 2010, data set C. S-warfarin has one compartment with first-order
absorption; its concentration C inhibits the synthesis of clotting factors by
E = C^gamma / (EC50^gamma + C^gamma), two chains of three transit compartments (rate 3 / MTT) delay the
effect, and INR = base + 20 * (1 - (A3 + A6) / 2).
"""

from dataclasses import dataclass
from math import exp, sqrt
from typing import Final

HAMBERG_2010: Final = "Hamberg et al. 2010, Clin Pharmacol Ther 87:727-34, doi:10.1038/clpt.2010.37, Tables 2 and 4, data set C"
HAMBERG_2007: Final = "Hamberg et al. 2007, Clin Pharmacol Ther 81:529-38, doi:10.1038/sj.clpt.6100084, Tables 1, 2 and 4"

# Individuals beyond three standard deviations of the published log-normal variability are held implausible.
PLAUSIBLE_SD: Final = 3.0


@dataclass(frozen=True)
class Parameter:
    """One population parameter.

    `typical_min` and `typical_max` span the published typical values over genotypes and ages 18-90;
    `omega2` is the between-patient variance on the log scale (0 where the paper estimates none).
    """

    value: float
    unit: str
    source: str
    omega2: float = 0.0
    typical_min: float | None = None
    typical_max: float | None = None

    @property
    def omega(self) -> float:
        """Between-patient standard deviation, log scale."""
        return sqrt(self.omega2)

    @property
    def lower(self) -> float:
        """Smallest plausible individual value, in `unit`."""
        return (self.value if self.typical_min is None else self.typical_min) * exp(-PLAUSIBLE_SD * self.omega)

    @property
    def upper(self) -> float:
        """Largest plausible individual value, in `unit`."""
        return (self.value if self.typical_max is None else self.typical_max) * exp(PLAUSIBLE_SD * self.omega)


# A genotype's clearance is the sum over its two alleles.
CL_PER_ALLELE_L_H: Final[dict[str, float]] = {"*1": 0.174, "*2": 0.0879, "*3": 0.0422}  # HAMBERG_2010, at age 71
# A genotype's EC50 is the sum over its two VKORC1 rs9923231 (-1639 G>A) alleles.
EC50_PER_ALLELE_MG_L: Final[dict[str, float]] = {"G": 2.05, "A": 0.96}  # HAMBERG_2010

# Clearance falls by 0.571 % of its value at 71 per year of age: CL(age) = CL(71) * (1 - slope * (age - 71)).
# A public transcription (anzabizadeh/ReiL) has the opposite sign, so that clearance rises with age there.
CL_AGE_SLOPE_PER_YEAR: Final = 0.00571  # HAMBERG_2010
REFERENCE_AGE_YEARS: Final = 71.0  # HAMBERG_2010, median of the cohort

CYP2C9_GENOTYPES: Final[tuple[str, ...]] = ("*1/*1", "*1/*2", "*1/*3", "*2/*2", "*2/*3", "*3/*3")
VKORC1_GENOTYPES: Final[tuple[str, ...]] = ("G/G", "A/G", "A/A")

# Share of each genotype, in the order above: stands in where a patient's genotype is unknown.
CYP2C9_FREQUENCY: Final[tuple[float, ...]] = (0.587, 0.173, 0.167, 0.033, 0.027, 0.013)  # HAMBERG_2007, n = 150
VKORC1_FREQUENCY: Final[tuple[float, ...]] = (0.39, 0.41, 0.20)  # HAMBERG_2007, n = 150


def _age_factor(age_years: float) -> float:
    return 1.0 - CL_AGE_SLOPE_PER_YEAR * (age_years - REFERENCE_AGE_YEARS)


CL_L_H: Final = Parameter(
    value=2 * CL_PER_ALLELE_L_H["*1"],
    unit="L/h",
    source=HAMBERG_2010,
    omega2=0.089,
    typical_min=2 * CL_PER_ALLELE_L_H["*3"] * _age_factor(90),
    typical_max=2 * CL_PER_ALLELE_L_H["*1"] * _age_factor(18),
)
V_L: Final = Parameter(14.3, "L", HAMBERG_2010, omega2=0.054)
KA_1_H: Final = Parameter(2.0, "1/h", HAMBERG_2010)  # fixed in the paper
EC50_MG_L: Final = Parameter(
    value=2 * EC50_PER_ALLELE_MG_L["G"],
    unit="mg/L",
    source=HAMBERG_2010,
    omega2=0.34,
    typical_min=2 * EC50_PER_ALLELE_MG_L["A"],
    typical_max=2 * EC50_PER_ALLELE_MG_L["G"],
)
GAMMA: Final = Parameter(1.15, "1", HAMBERG_2010)
MTT1_H: Final = Parameter(28.6, "h", HAMBERG_2010)
MTT2_H: Final = Parameter(118.3, "h", HAMBERG_2010)
INR_BASE: Final = Parameter(1.0, "1", "INR of an untreated healthy adult by the definition of the scale")
INR_MAX: Final = Parameter(20.0, "1", HAMBERG_2010)  # rise of INR over base at full inhibition

SIGMA_LN_INR: Final = 0.2  # HAMBERG_2010, standard deviation of a measured INR's residual error, log scale

S_FRACTION: Final = 0.5  # racemic warfarin is half S-, half R-warfarin by mass; only S- is modelled (HAMBERG_2010)

# The individual parameters that a model predicts and a simulation consumes, in the order of their columns.
INDIVIDUAL: Final[dict[str, Parameter]] = {
    "cl_l_h": CL_L_H,
    "v_l": V_L,
    "ka_1_h": KA_1_H,
    "ec50_mg_l": EC50_MG_L,
    "gamma": GAMMA,
    "mtt1_h": MTT1_H,
    "mtt2_h": MTT2_H,
    "inr_base": INR_BASE,
}
PARAMETER_NAMES: Final[tuple[str, ...]] = tuple(INDIVIDUAL)
