"""The scenarios that ways of placing are compared over."""

from __future__ import annotations

from benchmarks.simulation.scenario import Recipe

RECIPES = (
    Recipe("1 worker, one archive", 1, 200, users=1),
    Recipe("2 workers, one archive", 2, 100, users=1),
    Recipe("4 workers, four users", 4, 80),
    Recipe("4 workers, a small user comes late", 4, 80, users=4, small_user=True),
    Recipe("8 workers, over time", 8, 60, over_time=0.9),
    Recipe("8 workers, two with GPUs", 8, 60, gpu_share=0.25, gpu_users=1),
    Recipe("16 equal workers", 16, 50, spread=1.0001),
    Recipe("16 workers, some slow", 16, 60, slow_share=0.3),
    Recipe("16 workers, some die", 16, 60, dying_share=0.2),
    Recipe(
        "50 workers, all troubles",
        50,
        50,
        users=10,
        slow_share=0.2,
        dying_share=0.1,
        gpu_share=0.2,
        gpu_users=2,
    ),
    Recipe("100 workers, ten users", 100, 40, users=10, max_cores=4),
    Recipe("100 workers, over time", 100, 40, users=20, over_time=0.9, slow_share=0.1, max_cores=4),
    Recipe(
        "300 workers, all troubles",
        300,
        30,
        users=20,
        slow_share=0.2,
        dying_share=0.1,
        gpu_share=0.1,
        gpu_users=4,
        max_cores=4,
        seeds=(1,),
    ),
    Recipe("1,000 workers, one archive", 1000, 25, users=1, max_cores=4, seeds=(1,)),
    Recipe(
        "1,000 workers, all troubles",
        1000,
        25,
        users=50,
        slow_share=0.2,
        dying_share=0.1,
        gpu_share=0.1,
        gpu_users=8,
        max_cores=4,
        seeds=(1,),
    ),
)
