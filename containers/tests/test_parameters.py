import math

import pytest

from virtual_patient.pkpd import parameters as p


def test_every_individual_parameter_states_unit_source_and_limits_around_its_value():
    for name, parameter in p.INDIVIDUAL.items():
        assert parameter.unit and parameter.source, name
        assert 0 < parameter.lower <= parameter.value <= parameter.upper, name


def test_limits_reach_three_published_standard_deviations_beyond_the_typical_values():
    assert p.EC50_MG_L.lower == pytest.approx(1.92 * math.exp(-3 * math.sqrt(0.34)))
    assert p.EC50_MG_L.upper == pytest.approx(4.10 * math.exp(3 * math.sqrt(0.34)))
    assert p.V_L.lower == pytest.approx(14.3 * math.exp(-3 * math.sqrt(0.054)))


def test_clearance_limits_span_poor_metabolisers_at_90_to_normal_ones_at_18():
    assert p.CL_L_H.typical_min == pytest.approx(2 * 0.0422 * (1 - 0.00571 * 19))
    assert p.CL_L_H.typical_max == pytest.approx(2 * 0.174 * (1 + 0.00571 * 53))


def test_genotype_frequencies_are_distributions_over_the_genotypes():
    for genotypes, frequency in ((p.CYP2C9_GENOTYPES, p.CYP2C9_FREQUENCY), (p.VKORC1_GENOTYPES, p.VKORC1_FREQUENCY)):
        assert len(genotypes) == len(frequency)
        assert sum(frequency) == pytest.approx(1.0, abs=1e-9)


def test_values_are_those_of_data_set_c(shared_data):
    import json

    published = json.loads((shared_data / "warfarin-literature" / "parameters.json").read_text())["Hamberg_2010_dataset_C (ReiL)"]
    assert p.CL_PER_ALLELE_L_H == published["CL_L_h_per_allele"]
    assert p.EC50_PER_ALLELE_MG_L == published["EC50_per_allele_mg_L"]
    assert p.CL_AGE_SLOPE_PER_YEAR == abs(published["age_effect_per_year"])
    assert (p.V_L.value, p.KA_1_H.value, p.GAMMA.value) == (published["V_L"], published["ka"], published["gamma"])
    assert (p.MTT1_H.value, p.MTT2_H.value, p.INR_MAX.value) == (published["MTT1_h"], published["MTT2_h"], published["INRmax"])
    assert (p.CL_L_H.omega2, p.V_L.omega2, p.EC50_MG_L.omega2) == (published["omega2_CL"], published["omega2_V"], published["omega2_EC50"])
