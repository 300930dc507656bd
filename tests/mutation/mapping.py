"""Which modules are mutated, and which tests are asked about each: the quick ones that cover it, quickest first."""

from __future__ import annotations

TESTS: dict[str, tuple[str, ...]] = {
    "_util/statistics.py": ("test_statistics.py", "test_write_statistics.py"),
    "programming/write_statistics.py": ("test_write_statistics.py", "test_write_many.py"),
    "programming/tuning.py": ("test_write_statistics.py", "test_write_many.py"),
    "programming/stopping_rules.py": ("test_write_statistics.py", "test_write_verify.py", "test_write_many.py"),
    "programming/lockstep.py": ("test_write_many.py", "test_write_statistics.py"),
    "experiment/ranking.py": ("test_write_statistics.py",),
    "evaluation/bands.py": ("test_attempts.py", "test_one_shot.py"),
    "evaluation/noise_floor.py": ("test_attempts.py", "test_one_shot.py"),
    "evaluation/deployment.py": ("test_attempts.py", "test_one_shot.py"),
    "compact/walk_kernel.py": ("test_walk_law.py", "test_c2c.py", "test_walking_limits.py"),
    "simulation/walk_segment.py": ("test_walk_law.py", "test_c2c.py", "test_walking_limits.py"),
    "simulation/telegraph_noise.py": ("test_legal_ranges.py", "test_telegraph.py", "test_fleet.py"),
    "simulation/population.py": ("test_legal_ranges.py", "test_walk_law.py", "test_variability.py", "test_c2c.py"),
    "device/variability.py": (
        "test_legal_ranges.py",
        "test_walk_law.py",
        "test_variability.py",
        "test_c2c.py",
        "test_wrong_kinds.py",
    ),
    "provenance/cache.py": ("test_kept.py",),
    "_util/files.py": ("test_legal_ranges.py", "test_files.py", "test_kept.py"),
    "provenance/manifest.py": ("test_manifest.py", "test_kept.py"),
    "dataset/storage.py": ("test_kept.py", "test_dataset_cli.py::test_help_imports_nothing_heavy", "test_dataset.py"),
    "dataset/recipe.py": ("test_legal_ranges.py", "test_recipe.py", "test_wrong_kinds.py"),
    "dataset/checking.py": ("test_manifest.py", "test_dataset_cli.py", "test_dataset.py"),
}
"""Modules of ``ouro_spice/`` and files of ``tests/``."""
