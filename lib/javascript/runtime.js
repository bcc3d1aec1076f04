// What the functions of the figures need besides Math. Only what is used gets into a page.

// The bytes of base64 text as an array of one type of numbers, given to an array of another.
function decode(Result, Stored, text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Result(new Stored(bytes.buffer));
}

// Threefry-2x32 with 20 rounds: two random numbers for a key and a counter of two numbers each.
// J. Salmon et al., Parallel random numbers: as easy as 1, 2, 3, 2011.
const pair = new Uint32Array(2);
const turned = (x, bits) => (x << bits) | (x >>> (32 - bits));
function threefry(key0, key1, x, y) {
  const key2 = key0 ^ key1 ^ 0x1bd11bda;
  x = (x + key0) | 0; y = (y + key1) | 0;
  x = (x + y) | 0; y = turned(y, 13) ^ x;
  x = (x + y) | 0; y = turned(y, 15) ^ x;
  x = (x + y) | 0; y = turned(y, 26) ^ x;
  x = (x + y) | 0; y = turned(y, 6) ^ x;
  x = (x + key1) | 0; y = (y + key2 + 1) | 0;
  x = (x + y) | 0; y = turned(y, 17) ^ x;
  x = (x + y) | 0; y = turned(y, 29) ^ x;
  x = (x + y) | 0; y = turned(y, 16) ^ x;
  x = (x + y) | 0; y = turned(y, 24) ^ x;
  x = (x + key2) | 0; y = (y + key0 + 2) | 0;
  x = (x + y) | 0; y = turned(y, 13) ^ x;
  x = (x + y) | 0; y = turned(y, 15) ^ x;
  x = (x + y) | 0; y = turned(y, 26) ^ x;
  x = (x + y) | 0; y = turned(y, 6) ^ x;
  x = (x + key0) | 0; y = (y + key1 + 3) | 0;
  x = (x + y) | 0; y = turned(y, 17) ^ x;
  x = (x + y) | 0; y = turned(y, 29) ^ x;
  x = (x + y) | 0; y = turned(y, 16) ^ x;
  x = (x + y) | 0; y = turned(y, 24) ^ x;
  x = (x + key1) | 0; y = (y + key2 + 4) | 0;
  x = (x + y) | 0; y = turned(y, 13) ^ x;
  x = (x + y) | 0; y = turned(y, 15) ^ x;
  x = (x + y) | 0; y = turned(y, 26) ^ x;
  x = (x + y) | 0; y = turned(y, 6) ^ x;
  pair[0] = x + key2;
  pair[1] = y + key0 + 5;
  return pair;
}

// 32 random bits for a key and a place.
function randomBits(key0, key1, place) {
  const two = threefry(key0, key1, 0, place);
  return (two[0] ^ two[1]) >>> 0;
}

// A float32 and its bits.
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);
function floatOfBits(x) {
  bits[0] = x;
  return float[0];
}
function bitsOfFloat(x) {
  float[0] = x;
  return bits[0];
}

// The nearest float32, and 0 for a subnormal one, as in JAX.
function flush(x) {
  return Math.abs(x) < 2 ** -126 ? 0 * x : Math.fround(x);
}

// The float32 next to x in the direction of y.
function nextAfter(x, y) {
  if (x !== x || y !== y) return NaN;
  if (flush(x) === flush(y)) return y;
  if (x === 0) return floatOfBits(y > 0 ? 1 : 0x80000001);
  return floatOfBits(bitsOfFloat(x) + (y > x === x > 0 ? 1 : -1));
}

// The whole number at or before x on the way to 0, or the nearest that its type has; 0 for NaN.
function toInteger(x, low, high) {
  return Math.trunc(Math.min(Math.max(x, low), high)) || 0;
}

// The whole number nearest to a float32; of a half, the even one, as float64 rounds where it has no halves.
function roundEven(x) {
  return Math.sign(x) * Math.fround(Math.abs(x) + 2 ** 52 - 2 ** 52);
}

// The nearest whole number; of a half, the one further from 0.
function roundAway(x) {
  return Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
}

// x to the power of y, which is 1 for x = 1 and any y, and for x = -1 and an infinite one.
function power(x, y) {
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
}

// Of integers, with what XLA gives for a divisor of 0.
function divide(x, y) {
  return y === 0 ? -1 : Math.trunc(x / y);
}
function remainder(x, y) {
  return y === 0 ? x : x % y;
}
function intPower(x, y) {
  let result = 1;
  for (; y > 0; y = Math.floor(y / 2)) {
    if (y % 2) result = Math.imul(result, x);
    x = Math.imul(x, x);
  }
  return result;
}
function bitCount(x) {
  let count = 0;
  for (let rest = x; rest !== 0; rest &= rest - 1) count++;
  return count;
}

// Below 0, 0 or above 0 as x comes before, with or after y: a NaN comes last, and -0 before 0.
function inOrder(x, y) {
  if (x !== x || y !== y) return (x !== x) - (y !== y);
  return x - y || Object.is(y, -0) - Object.is(x, -0);
}

// Puts the sums of a row of a product into its place.
function storeSums(row, target, start) {
  for (let i = 0; i < row.length; i++) target[start + i] = flush(row[i] * 2 ** -896);
}

// log(exp(x) + exp(y))
function logAddExp(x, y) {
  const most = Math.max(x, y);
  return Number.isFinite(most) ? most + Math.log1p(Math.exp(-Math.abs(x - y))) : most;
}

// The sum of a row, added in pairs: its second half to the first, until one number is left.
function pairwiseSum(row) {
  const rest = row.slice();
  for (let n = rest.length; n > 1; ) {
    const half = (n + 1) >> 1;
    for (let i = half; i < n; i++) rest[i - half] = flush(rest[i - half] + rest[i]);
    n = half;
  }
  return rest[0] ?? 0;
}

// The error function: a series with positive terms near 0, a continued fraction for the tail.
function erf(x) {
  const a = Math.abs(x);
  if (a > 4) return Math.sign(x);
  let term = a;
  let sum = a;
  for (let n = 1; term > sum * 1e-10; n++) sum += term *= (2 * a * a) / (2 * n + 1);
  return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * Math.exp(-a * a) * sum;
}
function erfc(x) {
  if (!(x > 2)) return 1 - erf(x);
  let rest = x;
  for (let n = 40; n > 0; n--) rest = x + n / 2 / rest;
  return Math.exp(-x * x) / rest / Math.sqrt(Math.PI);
}

// Its inverse: M. Giles, Approximating the erfinv function, GPU Computing Gems 2, 2011 (for float32, as in XLA).
function erfInv(x) {
  const w = -Math.log1p(-x * x);
  let p;
  if (w < 5) {
    const v = w - 2.5;
    p = 2.81022636e-8;
    p = 3.43273939e-7 + p * v;
    p = -3.5233877e-6 + p * v;
    p = -4.39150654e-6 + p * v;
    p = 0.00021858087 + p * v;
    p = -0.00125372503 + p * v;
    p = -0.00417768164 + p * v;
    p = 0.246640727 + p * v;
    p = 1.50140941 + p * v;
  } else if (w < Infinity) {
    const v = Math.sqrt(w) - 3;
    p = -0.000200214257;
    p = 0.000100950558 + p * v;
    p = 0.00134934322 + p * v;
    p = -0.00367342844 + p * v;
    p = 0.00573950773 + p * v;
    p = -0.0076224613 + p * v;
    p = 0.00943887047 + p * v;
    p = 1.00167406 + p * v;
    p = 2.83297682 + p * v;
  } else p = w;
  return p * x;
}

// The logarithm of the gamma function, and its derivative: Stirling's series from 8 on, by steps of 1 to there.
function lgamma(x) {
  if ((x <= 0 && x === Math.floor(x)) || x === Infinity) return Infinity;
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - lgamma(1 - x);
  let product = 1;
  for (; x < 8; x++) product *= x;
  const series = (1 / 12 - (1 / 360 - 1 / (1260 * x * x)) / (x * x)) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}
function digamma(x) {
  if (x <= 0 && x === Math.floor(x)) return NaN;
  if (x < 0) return digamma(1 - x) - Math.PI / Math.tan(Math.PI * x);
  let sum = 0;
  for (; x < 8; x++) sum += 1 / x;
  const square = 1 / (x * x);
  return Math.log(x) - 0.5 / x - square * (1 / 12 - square * (1 / 120 - square / 252)) - sum;
}

// The Bessel function I0(x) exp(-|x|): its power series, and far out its asymptotic one.
function besselI0e(x) {
  const a = Math.abs(x);
  if (a > 30) return (1 + (1 + (9 + 75 / (2 * a)) / (16 * a)) / (8 * a)) / Math.sqrt(2 * Math.PI * a);
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-10; k++) sum += term *= (a / (2 * k)) ** 2;
  return sum * Math.exp(-a);
}

// How many numbers of a row, which are in order, are less than x.
function countBelow(row, x) {
  let low = 0;
  let high = row.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (row[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The n entries from a start on, a stride apart.
function picked(array, start, stride, n) {
  const row = new array.constructor(n);
  for (let i = 0; i < n; i++) row[i] = array[start + i * stride];
  return row;
}
// A whole number for each float32, in the same order; a NaN comes last.
function rank(x) {
  if (x !== x) return 2 ** 31;
  return Math.sign(flush(x)) * (bitsOfFloat(x) & 0x7fffffff);
}
// Sorts rows of several arrays together by the first few of them; what is equal stays in its order.
function sortTogether(arrays, keys, start, stride, n) {
  const rows = arrays.map((array) => picked(array, start, stride, n));
  let order = new Uint32Array(n).map((_, i) => i);
  while (keys--) {
    // An entry and its place make one number, and plain numbers are sorted fastest.
    const row = rows[keys], whole = !(row instanceof Float32Array), both = new Float64Array(n), before = order;
    for (let i = 0; i < n; i++) both[i] = (whole ? row[order[i]] : rank(row[order[i]])) * n + i;
    both.sort();
    order = new Uint32Array(n);
    for (let i = 0; i < n; i++) order[i] = before[both[i] - Math.floor(both[i] / n) * n];
  }
  for (let k = 0; k < arrays.length; k++) {
    for (let i = 0; i < n; i++) arrays[k][start + i * stride] = rows[k][order[i]];
  }
}
// The k largest of a row, and their places.
function topOf(array, start, stride, n, k, values, places, to, step) {
  const row = picked(array, start, stride, n);
  const order = new Uint32Array(n).map((_, i) => i).sort((i, j) => inOrder(row[j], row[i]) || i - j);
  for (let i = 0; i < k; i++) {
    values[to + i * step] = row[order[i]];
    places[to + i * step] = order[i];
  }
}
