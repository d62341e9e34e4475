"""Simulated trials: a design as data, dosing rules as functions, virtual patients of a registered model."""
