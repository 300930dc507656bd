"""Which modules are mutated, and which tests are asked about each: the quick ones that cover it, quickest first."""

from __future__ import annotations

TESTS: dict[str, tuple[str, ...]] = {
    "write_verify/statistics.py": ("test_write_statistics.py", "test_write_many.py"),
    "write_verify/tuning.py": (
        "test_write_statistics.py",
        "test_fair_tuning.py::test_an_optimum_at_an_edge_is_told_by_name_end_and_number_of_values",
        "test_fair_tuning.py::test_few_cases_forgive_what_chance_can_do",
        "test_write_many.py",
    ),
    "write_verify/rules.py": ("test_write_statistics.py", "test_write_verify.py", "test_write_many.py"),
    "write_verify/many.py": ("test_write_many.py", "test_write_statistics.py"),
    "write_verify/choice.py": ("test_choice.py", "test_write_statistics.py"),
    "write_verify/posterior.py": ("test_rule_settings.py", "test_posterior.py"),
    "write_verify/nominal.py": ("test_rule_settings.py", "test_posterior.py"),
    "write_verify/model_time.py": ("test_rule_settings.py", "test_posterior.py"),
    "write_verify/proportional_integral.py": ("test_rule_settings.py", "test_posterior.py"),
    "write_verify/carried.py": ("test_rule_settings.py", "test_posterior.py"),
    "results/judging.py": ("test_write_statistics.py",),
    "one_shot/bands.py": ("test_attempts.py", "test_one_shot.py"),
    "one_shot/floor.py": ("test_attempts.py", "test_one_shot.py"),
    "one_shot/deployment.py": ("test_attempts.py", "test_one_shot.py"),
    "compact/walk.py": ("test_walk_law.py", "test_c2c.py", "test_walking_limits.py"),
    "c2c.py": ("test_walk_law.py", "test_c2c.py", "test_walking_limits.py"),
    "telegraph.py": ("test_legal_ranges.py", "test_telegraph.py", "test_fleet.py"),
    "population.py": ("test_legal_ranges.py", "test_walk_law.py", "test_variability.py", "test_c2c.py"),
    "variability.py": (
        "test_legal_ranges.py",
        "test_walk_law.py",
        "test_variability.py",
        "test_c2c.py",
        "test_wrong_kinds.py",
    ),
    "sources.py": ("test_sources.py",),
    "provenance.py": ("test_differences.py", "test_provenance.py"),
    "maker.py": ("test_sources.py", "test_campaign_maker.py", "test_provenance.py"),
    "predictor/table.py": ("test_table_values.py", "test_table.py"),
    "predictor/table_fit.py": ("test_table_values.py", "test_table.py"),
    "predictor/table_store.py": ("test_table_values.py", "test_table.py"),
    "kept.py": ("test_kept.py",),
    "files.py": ("test_legal_ranges.py", "test_files.py", "test_kept.py"),
    "manifest.py": ("test_manifest.py", "test_kept.py"),
    "dataset/storage.py": ("test_kept.py", "test_dataset_cli.py::test_help_imports_nothing_heavy", "test_dataset.py"),
    "dataset/recipe.py": ("test_legal_ranges.py", "test_recipe.py", "test_wrong_kinds.py"),
    "dataset/checking.py": ("test_manifest.py", "test_dataset_cli.py", "test_dataset.py"),
}
"""Modules of ``ouro_spice/`` and files of ``tests/``."""
