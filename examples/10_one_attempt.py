"""One attempt each: a predictor against the noise floor, on devices and walks that it has not seen."""

import ouro_spice as ouro

cell = ouro.CompactCell(ouro.jart_vcm_v1b(window=True, walk=ouro.Walk()), model="reduced")
data = ouro.extract(cell, n=800, seed=7)
predictor = ouro.PulsePredictor.fit(data)

drawn = [data.recipe.draw(cell, 100_000 + k) for k in range(300)]
attempts = ouro.deploy(ouro.fleet(cell, drawn), predictor.predict, [one.target_S for one in drawn], data.pair)
trials = ouro.trials(cell, data.pair, n=100, trajectories=16, d2d="ten_percent")
for band in (0.5, 0.2, 0.1):
    share, floor = attempts.share(band), trials.floor(band, folds=8)
    print(f"within {band:.0%}: {share.value:.0%} ({share.low:.0%} .. {share.high:.0%}), floor {floor.value:.0%}")

histories = ouro.write_many(ouro.fleet(cell, drawn), ouro.NeuralProgrammer(predictor), [d.target_S for d in drawn], 0.2)
found = ouro.summary(histories)
print(f"writes to 20 %: {found['success']:.0%} succeed, {found['pulses_mean']:.1f} pulses")
