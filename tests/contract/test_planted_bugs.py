"""The tests can fail: each bug planted in a copy of lib/ must be found by the test named beside it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OPTIONS = ("-p", "no:cacheprovider", "-p", "no:nbval")  # nbval takes longer to load than most of these tests to run
BUGS = {
    "nan is taken for a place out of support": (
        "lib/density.py",
        "jnp.where(jnp.isnan(x).any(within), jnp.nan, -jnp.inf)",
        "-jnp.inf",
        "tests/contract/test_points.py::test_nan_gives_nan_and_infinity_minus_infinity[Box -0]",
    ),
    "infinity meets the formula, and its gradient is nan": (
        "lib/density.py",
        "formula(jnp.where(finite, x, 0))",
        "formula(x)",
        "tests/contract/test_points.py::test_gradients_are_finite_everywhere[KDE-sphere h=100.0]",
    ),
    "the faces are not in the box": (
        "lib/box.py",
        "(self.low <= x) & (x <= self.high)",
        "(self.low < x) & (x < self.high)",
        "tests/test_box.py::test_the_faces_belong_to_the_box",
    ),
    "the quotient has the last word, not the edges": (
        "lib/histogram.py",
        "jnp.where(value >= axis[place + 1], place + 1, place)",
        "place",
        "tests/test_histogram.py::test_each_edge_belongs_to_the_cell_above_it[1000]",
    ),
    "squares of differences are expanded": (
        "lib/kde.py",
        "_scaled(place - centre, h) ** 2",
        "(place**2 - 2 * place * centre + centre**2) / h**2",
        "tests/test_kde.py::test_data_far_from_the_origin_keep_their_digits",
    ),
    "a far place overflows": (
        "lib/kde.py",
        "jnp.clip(difference * (1 / h), -REACH, REACH)",
        "difference * (1 / h)",
        "tests/contract/test_points.py::test_gradients_are_finite_everywhere[KDE-gaussian h=1.0]",
    ),
    "the kernel on the sphere is scaled as in the plane": (
        "lib/kde.py",
        "jnp.log(-jnp.expm1(-2 * kappa) / (2 * kappa))",
        "jnp.log(1 / (2 * kappa))",
        "tests/test_kde.py::test_a_vast_bandwidth_is_uniform",
    ),
    "on the grid, what underflows is zero": (
        "lib/kde.py",
        "(mean > 1e-31).all()",
        "(mean > -1).all()",
        "tests/test_kde.py::test_where_a_product_of_matrices_would_underflow_the_grid_does_not",
    ),
    "a bad code is clamped into the table": (
        "lib/numerics/tables.py",
        "jnp.where(inside, table[cell], -jnp.inf)",
        "table[cell]",
        "tests/contract/test_counted.py::test_out_of_support_is_minus_infinity[alpha=1.0-Categorical-code=K-0]",
    ),
    "a traced bad code is counted as cell 0": (
        "lib/numerics/counting.py",
        "jnp.where(inside, x.astype(jnp.int32), -1)",
        "jnp.where(inside, x.astype(jnp.int32), 0)",
        "tests/contract/test_counted.py::test_counted_that_are_traced_are_never_clamped[Categorical]",
    ),
    "a code that is out of range is not missed": (
        "lib/numerics/counting.py",
        "if total.sum() != tables * len(x):",
        "if total.sum() > tables * len(x):",
        "tests/contract/test_counted.py::test_fit_refuses[Categorical-code K]",
    ),
    "bytes are added up until they overflow": (
        "lib/numerics/counting.py",
        "return total + blocks[i].astype(jnp.int32)",
        "return (total + blocks[i].astype(jnp.int32)) & 255",
        "tests/numerics/test_counting.py::test_margins_of_every_length[140001]",
    ),
    "the rows that fill the last block up are counted": (
        "lib/numerics/counting.py",
        "constant_values=255",
        "constant_values=0",
        "tests/numerics/test_counting.py::test_margins_of_every_length[33]",
    ),
    "the last rows, which fill no block, are forgotten": (
        "lib/numerics/parts.py",
        "np.concatenate([x[:first], x[first + length :]])",
        "x[:first]",
        "tests/numerics/test_counting.py::test_margins_of_every_length[600000]",
    ),
    "alpha is added to the total once, not for each cell": (
        "lib/numerics/tables.py",
        "pairwise_sum(weights)[..., None]",
        "pairwise_sum(counts)[..., None] + alpha",
        "tests/test_categorical.py::test_agrees_with_scikit_learn[1.0]",
    ),
    "the first feature counts fastest": (
        "lib/numerics/tables.py",
        "zip(x, sizes, strict=True)",
        "zip(x[::-1], sizes[::-1], strict=True)",
        "tests/test_categorical.py::test_agrees_with_a_plain_count",
    ),
    "a slot is filled by the wrong outcome": (
        "lib/numerics/alias.py",
        "jnp.where(heavy, given, gaps - gap)",
        "jnp.where(heavy, given, gaps)",
        "tests/numerics/test_alias.py::test_the_slots_hold_exactly_the_probabilities",
    ),
    "rare outfits are never drawn": (
        "lib/numerics/notches.py",
        "whole = jnp.floor(exact)",
        "whole = exact = jnp.rint(exact / 2.0**20) * 2.0**20",
        "tests/contract/test_samplers.py::test_draws_follow_the_density[Categorical alpha=1.0]",
    ),
    "what is rounded off is lost": (
        "lib/numerics/notches.py",
        "(jnp.cumsum(parts, dtype=jnp.int32) >> FINE)",
        "0 * parts",
        "tests/numerics/test_notches.py::test_pieces_are_as_long_as_the_probabilities",
    ),
    "one outcome gets what rounding left over": (
        "lib/numerics/notches.py",
        "ends + jnp.rint(ends.astype(jnp.float32) * missing.astype(jnp.float32)).astype(jnp.int32)",
        "ends.at[-1].set(1 << BITS)",
        "tests/numerics/test_notches.py::test_pieces_are_as_long_as_the_probabilities",
    ),
    "row and column of a long table are drawn with the same bits": (
        "lib/numerics/alias.py",
        "jax.random.split(key)",
        "[key, key]",
        "tests/numerics/test_alias.py::test_each_outcome_of_a_long_table_has_its_probability[100000]",
    ),
    "the column of a long table is drawn from another row": (
        "lib/numerics/alias.py",
        "outcome.astype(jnp.uint32))",
        "outcome.astype(jnp.uint32) + 1)",
        "tests/numerics/test_alias.py::test_each_outcome_of_a_long_table_has_its_probability[100000]",
    ),
    "the sum runs in float32 from left to right": (
        "lib/numerics/summation.py",
        "while (n := x.shape[-1]) > 1:",
        "while (n := x.shape[-1]) < 1:",
        "tests/numerics/test_summation.py::test_a_long_sum_keeps_its_digits[plain-0.01]",
    ),
    "a feature looks at the table of another": (
        "lib/naive_bayes.py",
        "self.log_probs[jnp.arange(len(x))",
        "self.log_probs[jnp.arange(len(x))[::-1]",
        "tests/test_naive_bayes.py::test_the_numbers_of_the_article",
    ),
    "the intercepts are penalised": (
        "lib/logistic_regression.py",
        "jnp.pad(features.penalty, (0, 1))",
        "jnp.pad(features.penalty, (0, 1), constant_values=1)",
        "tests/test_logistic_regression.py::test_agrees_with_scikit_learn[False-1-2]",
    ),
    "weights leave rows out, and do no more": (
        "lib/logistic_regression.py",
        "share = weights / total",
        "share = jnp.sign(weights) / jnp.sign(weights).sum()",
        "tests/test_logistic_regression.py::test_agrees_with_scikit_learn[True-1-3]",
    ),
    "a slope without end is taken for a minimum": (
        "lib/numerics/newton.py",
        "(gain <= PRECISE) & (jnp.linalg.eigvalsh(curvature).min() >= FLAT)",
        "gain <= PRECISE",
        "tests/test_logistic_regression.py::test_separated_labels_without_a_penalty_are_refused[two rows]",
    ),
    "many fits at once meet a fault of the compiler": (
        "lib/logistic_regression.py",
        "own = jnp.take_along_axis(s, jnp.clip(y, 0, num_classes - 1)[:, None], axis=1)",
        "own = jnp.sum(is_label * s, axis=1, keepdims=True)",
        "tests/test_logistic_regression.py::test_hundreds_of_fits_at_once_are_as_good_as_one",
    ),
    "a label forgets its share": (
        "lib/generative_classifier.py",
        "return each + jnp.broadcast_to(self.log_priors, each.shape)",
        "return each",
        "tests/test_generative_classifier.py::test_the_posterior_is_that_of_the_joint_table",
    ),
    "the tree joins the least dependent features": (
        "lib/chow_liu.py",
        "weights = weights + weights.T",
        "weights = -weights - weights.T",
        "tests/test_chow_liu.py::test_no_tree_has_more_mutual_information[0]",
    ),
    "a parent and its child change places": (
        "lib/chow_liu.py",
        "table[rows[:, :, None], columns[:, None, :]]",
        "table[columns[:, :, None], rows[:, None, :]]",
        "tests/test_chow_liu.py::test_log_prob_is_a_walk_down_the_tree",
    ),
    "the value of a child is drawn from the row of another": (
        "lib/chow_liu.py",
        "x[self.parents[j]], 0)",
        "x[j - 1], 0)",
        "tests/test_chow_liu.py::test_draws_walk_down_the_tree_as_often_as_the_table_says",
    ),
    "the value of a parent is forgotten": (
        "lib/chow_liu.py",
        "row = jnp.where(j > 0, x[self.parents[j]], 0)",
        "row = 0 * j",
        "tests/test_chow_liu.py::test_large_pictures_are_drawn_from_their_tree",
    ),
    "the rows that fill the last block up are pairs": (
        "lib/numerics/burt.py",
        "constant_values=-1",
        "constant_values=0",
        "tests/numerics/test_burt.py::test_each_way_to_count_agrees_with_a_plain_product",
    ),
    "nearly independent features cancel": (
        "lib/numerics/burt.py",
        "(where.where(counts > 0, ratio * where.log1p(ratio - 1), 0.0) - more)",
        "where.where(counts > 0, ratio * where.log1p(ratio - 1), 0.0)",
        "tests/test_chow_liu.py::test_a_weak_edge_is_found_in_many_counts",
    ),
    "tables that contradict one another are taken": (
        "lib/numerics/burt.py",
        "np.argwhere(sums != margin[:, None])",
        "np.argwhere(sums < 0)",
        "tests/test_chow_liu.py::test_tables_that_contradict_one_another_are_refused",
    ),
    "a draw exchanges the two neighbours": (
        "lib/markov_mesh.py",
        "pick(key, table[left, above])",
        "pick(key, table[above, left])",
        "tests/test_markov_mesh.py::test_draws_follow_the_density",
    ),
    "a hidden unit is seen by the token that it knows": (
        "lib/nets/masked_mlp.py",
        "degrees[-1][:, None] < ends",
        "degrees[-1][:, None] <= ends",
        "tests/nets/test_masked_mlp.py::test_each_token_is_predicted_from_all_before_it_and_no_other",
    ),
    "a token looks at the next one, too": (
        "lib/nets/transformer.py",
        "jnp.tri(len(x), dtype=bool)",
        "jnp.tri(len(x), k=1, dtype=bool)",
        "tests/nets/test_transformer.py::test_each_token_is_predicted_from_all_before_it_and_no_other",
    ),
    "a token is given to the network that predicts it": (
        "lib/nets/transformer.py",
        "jnp.concatenate([jnp.full(1, start, jnp.int32), tokens[:-1].astype(jnp.int32)])",
        "tokens.astype(jnp.int32) + 0 * start",
        "tests/contract/test_every_model.py::test_sums_to_one[Autoregressive Transformer]",
    ),
    "the way back through a layer has the slope of the way there": (
        "lib/bijections/affine_coupling.py",
        "return (x - t) * jnp.exp(-s), -s",
        "return (x - t) * jnp.exp(-s), s",
        "tests/contract/test_every_model.py::test_sums_to_one[Flow AffineCoupling]",
    ),
    "some numbers are never moved given one another": (
        "lib/flow.py",
        "digit = layer // 2 % (d - 1).bit_length()",
        "digit = 0",
        "tests/test_flow.py::test_any_two_numbers_are_moved_given_one_another",
    ),
    "what is hidden is told to the network": (
        "lib/masked_diffusion.py",
        "self.network(jnp.where(shown, tokens, 0), shown)",
        "self.network(tokens, shown)",
        "tests/test_masked_diffusion.py::test_no_network_meets_what_it_must_not_see",
    ),
    "a shown token is checked after JAX has narrowed it": (
        "lib/masked_diffusion.py",
        "checks.library_of(tokens).where(shown, tokens, 0)",
        "jnp.where(shown, tokens, 0)",
        "tests/test_masked_diffusion.py::test_complete_refuses",
    ),
    "near 0 a temperature makes infinite logits": (
        "lib/autoregressive.py",
        "(logits - jax.lax.stop_gradient(top)) / self.temperature",
        "logits / self.temperature",
        "tests/test_autoregressive.py::test_no_temperature_makes_logits_infinite",
    ),
    "of a round only one token is drawn": (
        "lib/masked_diffusion.py",
        "rank < first + at_once",
        "rank < first + 1",
        "tests/test_masked_diffusion.py::test_all_tokens_at_once_are_naive_bayes",
    ),
    "a line of pixels goes on from the end of the same line": (
        "lib/markov_mesh.py",
        "jnp.pad(x[:, :-1], ((0, 0), (1, 0)))",
        "jnp.roll(x, 1, axis=1)",
        "tests/test_markov_mesh.py::test_log_prob_is_a_walk_through_the_pixels",
    ),
    "a mass of 1 is held by fewer cells than all": (
        "lib/scores/quadrature.py",
        "(last < len(held)) & (mass < 1)",
        "last < len(held)",
        "tests/scores/test_quadrature.py::test_a_sum_above_one_is_taken_for_one",
    ),
    "a share is above 1": (
        "lib/scores/quadrature.py",
        "hits / jnp.maximum(pairwise_sum(jnp.ravel(q)), 1)",
        "hits",
        "tests/scores/test_quadrature.py::test_a_sum_above_one_is_taken_for_one",
    ),
    "the widest hills draw infinity": (
        "lib/kde.py",
        "jnp.clip(x + self.bandwidth * jax.random.normal(step, x.shape, jnp.float32), -LARGEST, LARGEST)",
        "x + self.bandwidth * jax.random.normal(step, x.shape, jnp.float32)",
        "tests/test_kde.py::test_the_widest_hills_have_finite_draws",
    ),
    "numbers below 0 are names of outfits": (
        "lib/data/outfits.py",
        'checks.refuse_codes("codes", codes, sizes)',
        "",
        "tests/data/test_outfits.py::test_what_is_no_outfit_has_no_names",
    ),
    "a flag changes the draws": (
        "lib/box.py",
        "jax.random.uniform(key, self.event_shape, jnp.float32)",
        "jax.random.uniform(key, self.event_shape)",
        "tests/contract/test_x64.py",
    ),
    "values are checked after JAX has narrowed them": (
        "lib/checks.py",
        "return np.asarray(x)",
        "return np.asarray(jnp.asarray(x))",
        "tests/contract/test_counted.py::test_fit_refuses[Categorical-code that JAX would narrow to 1]",
    ),
    "KL forgets its direction": (
        "lib/scores/tables.py",
        "expected(log_p, log_p - log_q)",
        "expected(log_q, log_q - log_p)",
        "tests/scores/test_tables.py::test_kl_has_a_direction",
    ),
    "0 log 0 is nan": (
        "lib/scores/tables.py",
        "jnp.where(log_p > -jnp.inf, value, 0)",
        "value",
        "tests/scores/test_tables.py::test_known_values",
    ),
    "a radius is ignored": (
        "lib/scores/pictures.py",
        'outcome_coverage(_outcomes("pictures", pictures, radius)',
        'outcome_coverage(_outcomes("pictures", pictures, 5.0)',
        "tests/scores/test_pictures.py::test_each_score_honours_the_radius[coverage]",
    ),
    "a picture at exactly the radius is invalid": (
        "lib/scores/pictures.py",
        "distances <= float(limit)",
        "distances < float(limit)",
        "tests/scores/test_pictures.py::test_a_pixel_may_change_by_exactly_the_radius",
    ),
    "hair that does not show has a colour": (
        "lib/scores/pictures.py",
        'has_hair if feature == "hair colour" else np.ones_like(has_hair)',
        "np.ones_like(has_hair)",
        "tests/scores/test_pictures.py::test_hair_that_does_not_show_has_no_colour",
    ),
    "the law of the stylist forgets a taste": (
        "lib/data/outfits.py",
        "(_silver == _overall)",
        "_silver",
        "tests/data/test_outfits.py::test_the_stylist_is_dependent_and_no_tree",
    ),
    "what a mask hides is data": (
        "lib/checks.py",
        "if np.ma.is_masked(x):",
        "if False:",
        "tests/contract/test_every_model.py::test_masked_values_are_refused",
    ),
    "time stamps are rounded to two minutes": (
        "lib/checks.py",
        "if has_more_digits(x) and not is_traced(x):",
        "if False:",
        "tests/contract/test_points.py::test_what_float32_would_merge_is_refused",
    ),
    "ids are compared in float32": (
        "lib/scores/samples.py",
        "checks.finite_rows(name, x)",
        "checks.float32(checks.finite_rows(name, x))",
        "tests/scores/test_samples.py::test_ids_are_compared_as_they_were_given",
    ),
    "a point is rounded up to an edge": (
        "lib/histogram.py",
        "if not checks.has_more_digits(x):",
        "if True:",
        "tests/test_histogram.py::test_points_that_float32_would_put_on_an_edge_stay_below_it",
    ),
    "q forgets how narrow it is": (
        "lib/vae.py",
        "_log_normal(step) - pairwise_sum(log_std)",
        "_log_normal(step)",
        "tests/test_vae.py::test_with_the_true_posterior_each_draw_gives_the_log_density",
    ),
    "draws of the model are its means": (
        "lib/vae.py",
        "mean + self.noise * jax.random.normal(noise, mean.shape, jnp.float32)",
        "mean + 0 * jax.random.normal(noise, mean.shape, jnp.float32)",
        "tests/test_vae.py::test_draws_follow_the_exact_gaussian",
    ),
    "a part of the rows is given the keys of the first": (
        "lib/numerics/parts.py",
        "compute(*(each[i : i + rows] for each in (x, *others)))",
        "compute(x[i : i + rows], *(each[: len(x[i : i + rows])] for each in others))",
        "tests/contract/test_bounds.py::test_more_observations_than_go_through_one_call_are_as_all_at_once",
    ),
    "rows on several devices are taken to one": (
        "lib/density.py",
        "if is_sharded(x):",
        "if False:",
        "tests/contract/test_every_model.py::test_log_prob_stays_where_the_rows_are",
    ),
    "of two devices, one counts": (
        "lib/numerics/parts.py",
        ".sum(axis=0, dtype=np.int64)",
        "[0]",
        "tests/contract/test_counted.py::test_each_device_counts_its_own_rows",
    ),
    "a walk shakes as if its noise were a variance": (
        "lib/energy.py",
        "jnp.sqrt(step_size) * noise",
        "step_size * noise",
        "tests/test_energy.py::test_walks_end_with_the_known_variance[0.2]",
    ),
    "the score points uphill in energy": (
        "lib/energy.py",
        "slopes = -jax.vmap(jax.grad(partial(_energy_of, model)))",
        "slopes = jax.vmap(jax.grad(partial(_energy_of, model)))",
        "tests/test_energy.py::test_score_is_the_slope_of_the_log_density",
    ),
    "the size of a cell is forgotten in Z": (
        "lib/energy.py",
        " + np.float32(volumes.sum())",
        "",
        "tests/test_energy.py::test_z_by_brute_force",
    ),
    "new noise comes on top of all the old": (
        "lib/diffusion.py",
        "guessed = kept * guessed + ",
        "guessed = guessed + ",
        "tests/test_diffusion.py::test_a_step_is_the_posterior_of_a_chain_that_adds_noise",
    ),
    "guidance pulls the wrong way": (
        "lib/diffusion.py",
        "(1 - w) * nothing + w * ",
        "w * nothing + (1 - w) * ",
        "tests/test_diffusion.py::test_more_guidance_goes_further",
    ),
    "the fading of the points is forgotten": (
        "lib/denoisers/exact.py",
        "(cos / sin**2)",
        "(1 / sin**2)",
        "tests/denoisers/test_exact.py::test_it_is_bayes_rule",
    ),
    "the forger moves to please the detective's loss": (
        "lib/gan.py",
        "_odds(jax.lax.stop_gradient(made), model.discriminator)",
        "_odds(made, model.discriminator)",
        "tests/test_gan.py::test_neither_player_moves_for_the_other",
    ),
}


@pytest.mark.parametrize("bug", BUGS, ids=str)
def test_a_planted_bug_is_found(bug, tmp_path):
    file, right, wrong, test = BUGS[bug]
    shutil.copytree(ROOT / "lib", tmp_path / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    source = (tmp_path / file).read_text(encoding="utf-8")
    assert source.count(right) == 1
    (tmp_path / file).write_text(source.replace(right, wrong), encoding="utf-8")
    # The tests are those of the repository. The copy of lib comes before the repository's, which .venv has on its path.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *OPTIONS, "-o", f"pythonpath={tmp_path}", f"{ROOT}/{test}"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr  # 1: tests failed; 2 would be a copy that does not even load
    assert "error" not in done.stdout.splitlines()[-1], done.stdout  # nor did a fixture break before the test began
