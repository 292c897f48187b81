"""Prints the polynomials of `src_c/kernels/math.inc.h`; run it with `python tests/kernels/minimax.py`. Needs mpmath."""

from collections.abc import Callable

import mpmath as mp

Function = Callable[[mp.mpf], mp.mpf]

DIGITS = 60


def alternating_peaks(errors: list[mp.mpf]) -> list[int]:
    """Return where the error is largest in each stretch of one sign."""
    peaks: list[int] = []
    for i, error in enumerate(errors):
        if peaks and (error > 0) == (errors[peaks[-1]] > 0):
            if abs(error) > abs(errors[peaks[-1]]):
                peaks[-1] = i
        else:
            peaks.append(i)
    return peaks


def remez(f: Function, weight: Function, low: mp.mpf, high: mp.mpf, degree: int) -> tuple[list[mp.mpf], mp.mpf]:
    """Return the polynomial p, constant term first, with the least max |weight (p - f)| on [low, high], and that."""
    n = degree + 2
    middle, radius = (low + high) / 2, (high - low) / 2
    x = [middle - radius * mp.cos(mp.pi * (2 * i + 1) / (2 * n)) for i in range(n)]
    grid = [middle - radius * mp.cos(mp.pi * i / (40 * n)) for i in range(40 * n + 1)]
    values, weights = [f(g) for g in grid], [weight(g) for g in grid]
    while True:
        # Through the points x the weighted error is to be e, -e, e, ...
        system = mp.matrix([[*(p**j for j in range(n - 1)), (-1) ** i / weight(p)] for i, p in enumerate(x)])
        terms = list(mp.lu_solve(system, mp.matrix([f(p) for p in x])))[:-1]
        errors = [w * (mp.polyval(terms[::-1], g) - v) for g, v, w in zip(grid, values, weights, strict=True)]
        peaks = alternating_peaks(errors)
        while len(peaks) > n:
            peaks.pop(0 if abs(errors[peaks[0]]) < abs(errors[peaks[-1]]) else -1)
        x = [grid[p] for p in peaks]
        sizes = [abs(errors[p]) for p in peaks]
        if max(sizes) < mp.mpf("1.001") * min(sizes):
            return terms, max(sizes)


def exp_rest(r: mp.mpf) -> mp.mpf:
    """Return q with exp(r) = 1 + r + r^2 q."""
    return (mp.expm1(r) - r) / r**2 if abs(r) > 1e-15 else mp.mpf(1) / 2 + r / 6


def log_rest(z: mp.mpf) -> mp.mpf:
    """Return R / z with log(1 + f) = 2 s + s R for s = f / (2 + f), z = s^2."""
    s = mp.sqrt(z)
    return 2 * (mp.atanh(s) / s - 1) / z if z > 1e-18 else mp.mpf(2) / 3


def cdf_rest(split: int) -> Function:
    """Return t -> w / u, where exp(-a^2 / 2) w is the normal tail beyond a, u = 1 / (a + split), t = 1 - 2 split u."""

    def rest(t: mp.mpf) -> mp.mpf:
        u = (1 - t) / (2 * split)
        a = 1 / u - split
        return mp.erfc(a / mp.sqrt(2)) / 2 * mp.exp(a * a / 2) / u

    return rest


def near(z: mp.mpf, f: Function, limit: mp.mpf) -> mp.mpf:
    """Return f(z), or its limit at 0 where z is too small for f."""
    return f(z) if z > 1e-20 else limit


def sin_rest(z: mp.mpf) -> mp.mpf:
    """Return q with sin(r) = r + r^3 q for z = r^2."""
    return near(z, lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, -mp.mpf(1) / 6)


def cos_rest(z: mp.mpf) -> mp.mpf:
    """Return q with cos(r) = 1 - r^2 / 2 + r^4 q for z = r^2."""
    return near(z, lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2, mp.mpf(1) / 24)


def erf_rest(z: mp.mpf) -> mp.mpf:
    """Return q with erf(x) = x q for z = x^2."""
    return near(z, lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z), 2 / mp.sqrt(mp.pi))


def show(name: str, digits: int, solution: tuple[list[mp.mpf], mp.mpf]) -> None:
    terms, error = solution
    print(f"{name}, error 2^{mp.nstr(mp.log(error, 2), 3)}: {', '.join(mp.nstr(term, digits) for term in terms)}")


def main() -> None:
    mp.mp.dps = DIGITS
    half = mp.log(2) / 2 * mp.mpf("1.0001")
    circle = (mp.pi / 4) ** 2 * mp.mpf("1.0001")
    for bits, digits, exp_degree, log_degree, cdf_degree, split, farthest, sin_degree, erf_degree in (
        (32, 9, 4, 4, 10, 3, mp.mpf(14), 2, 6),
        (64, 18, 9, 9, 22, 5, mp.mpf("38.6"), 5, 11),
    ):
        # Weights: relative to exp(r) - 1, but for a floor where that is 0; relative to log(1 + f); relative to w.
        show(f"EXP_TERMS {bits}", digits, remez(exp_rest, lambda r: abs(r) + mp.mpf("0.05"), -half, half, exp_degree))
        show(
            f"LOG_TERMS {bits}",
            digits,
            remez(log_rest, lambda z: max(z, mp.mpf("1e-8")) / 3, mp.mpf(0), mp.mpf(1) / 9, log_degree),
        )
        rest = cdf_rest(split)
        end = 1 - 2 * split / (farthest + split)
        show(f"CDF_TERMS {bits}", digits, remez(rest, lambda t, rest=rest: 1 / rest(t), mp.mpf(-1), end, cdf_degree))
        # Relative to sin(r) and erf(x); cos(r) is nowhere below 0.7.
        show(f"SIN_TERMS {bits}", digits, remez(sin_rest, lambda z: z + mp.mpf("1e-3"), mp.mpf(0), circle, sin_degree))
        show(
            f"COS_TERMS {bits}", digits, remez(cos_rest, lambda z: z**2 + mp.mpf("1e-4"), mp.mpf(0), circle, sin_degree)
        )
        show(f"ERF_TERMS {bits}", digits, remez(erf_rest, lambda z: mp.mpf(1), mp.mpf(0), mp.mpf(1), erf_degree))


if __name__ == "__main__":
    main()
