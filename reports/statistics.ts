/** What repeats say of a probability that nobody knows: no more than this, with this confidence. */

/** At 95 %: of a hundred such statements five may be wrong. */
const doubt = 0.05;

/** Halvings after which the bound is exact to the last digit that a double holds. */
const halvings = 60;

/** Probability of at most `failures` in `runs`, each failing with probability `rate`. */
function atMost(failures: number, runs: number, rate: number): number {
  let sum = 0;
  let logTerm = runs * Math.log1p(-rate);
  for (let count = 0; count <= failures; count += 1) {
    if (count > 0) logTerm += Math.log((runs - count + 1) / count) + Math.log(rate) - Math.log1p(-rate);
    sum += Math.exp(logTerm);
  }
  return sum;
}

/**
 * The probability of a failure is less than this, at 95 %, after so many failures in so many independent runs: the upper bound of Clopper
 * and Pearson (Biometrika 26, 1934). Without a failure it is 1 - 0.05^(1/runs), just under 3/runs. 1 where nothing was run, or all failed.
 */
export function failureBound(failures: number, runs: number): number {
  if (!Number.isInteger(failures) || !Number.isInteger(runs) || failures < 0 || failures > runs)
    throw new RangeError(`${failures} failures in ${runs} runs`);
  if (failures === runs) return 1;
  if (failures === 0) return -Math.expm1(Math.log(doubt) / runs);
  let low = failures / runs;
  let high = 1;
  for (let step = 0; step < halvings; step += 1) {
    const middle = (low + high) / 2;
    if (atMost(failures, runs, middle) > doubt) low = middle;
    else high = middle;
  }
  return high;
}

/** A bound as text with two digits that count, rounded up: it must not promise more than was shown. */
export function boundText(bound: number): string {
  if (bound <= 0 || bound >= 1) return String(bound);
  const digits = 1 - Math.floor(Math.log10(bound));
  const scale = 10 ** digits;
  // A bound that has two digits already stays what it is, whatever the product's last bit says.
  return (Math.ceil(bound * scale - 1e-9) / scale).toFixed(digits);
}
