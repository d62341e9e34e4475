"""Pharmacokinetics and pharmacodynamics of warfarin: parameters, steady state, time course."""
