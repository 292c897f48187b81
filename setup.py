"""Build of fastmlp's one extension module; everything else about the project is in pyproject.toml.

`src_c/kernels.c` is compiled for each row of the ISA table below, once for float32 and once for float64, and the rest
of the engine once, with baseline flags. Each object has a folder of its own under `build/` and is compiled again only
when its source, a header or the command itself has changed.

Environment variables read here:

`FASTMLP_WERROR=1`
    Warnings in the engine are errors. Set in continuous integration.
`FASTMLP_SANITIZE=address|thread`
    Build with AddressSanitizer and UndefinedBehaviorSanitizer, or with ThreadSanitizer. Such a module can only be
    imported by a process that has the sanitizer's library loaded; `make sanitize` does it.
"""

import hashlib
import os
import platform
import sys
import sysconfig
import tempfile
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError, PlatformError
from setuptools.modified import newer_group


class Isa(NamedTuple):
    """One instruction set that `kernels.c` is compiled for."""

    name: str  # as in FASTMLP_ISA and in the names of the kernel tables
    flags: tuple[str, ...]

    @property
    def have_macro(self) -> str:
        """The macro that tells dispatch.c that the build has this ISA."""
        return f"FM_HAVE_{self.name.upper()}"


BASELINE = Isa("baseline", ())
AVX2 = Isa("avx2", ("-mavx2", "-mfma", "-mprfchw"))  # where prefetchw is unknown, it does nothing
AVX512 = Isa(
    "avx512",
    (*AVX2.flags, "-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mprefer-vector-width=512"),
)
NEON = Isa("neon", ())  # part of every 64-bit Arm

ISAS = {
    "x86_64": (BASELINE, AVX2, AVX512),
    "amd64": (BASELINE, AVX2, AVX512),
    "aarch64": (NEON,),
    "arm64": (NEON,),
}

# No errno, so that sqrt vectorises; no contraction, so that a sum is fused only where the source says so; no debugging
# information, nine tenths of the module's size.
ENGINE_FLAGS = ("-std=c11", "-O3", "-g0", "-fno-math-errno", "-ffp-contract=off", "-fno-lto", "-fvisibility=hidden")
BOUNDARY_FLAGS = ("-O2", "-g0", "-fvisibility=hidden")  # of _engine.pyx, which checks and calls
WARNING_FLAGS = ("-Wall", "-Wextra")
TRACED = ("-fno-omit-frame-pointer", "-g1", "-fno-var-tracking", "-O1")  # lines in reports, and soon compiled
SANITIZER_FLAGS = {
    "": (),
    "address": ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", *TRACED),
    "thread": ("-fsanitize=thread", *TRACED),
}
OPENMP_FLAG = "-fopenmp"

SOURCE_DIR = Path("src_c")


def target_isas() -> tuple[Isa, ...]:
    """Return the ISAs to compile the kernels for on this machine."""
    machine = sysconfig.get_platform().rpartition("-")[2]
    if machine == "universal2":  # macOS: one architecture a build, that of the machine
        machine = platform.machine()
    return ISAS.get(machine.lower(), (BASELINE,))


def sanitizer_flags() -> tuple[str, ...]:
    """Return the flags that `FASTMLP_SANITIZE` asks for."""
    name = os.environ.get("FASTMLP_SANITIZE", "")
    if name not in SANITIZER_FLAGS:
        raise PlatformError(f"FASTMLP_SANITIZE must be 'address' or 'thread'. Received: FASTMLP_SANITIZE={name}")
    return SANITIZER_FLAGS[name]


class BuildEngine(build_ext):
    """Compile the engine's objects, then let setuptools translate, compile and link the extension with them."""

    def initialize_options(self) -> None:
        super().initialize_options()
        self.cython_c_in_temp = True

    def finalize_options(self) -> None:
        super().finalize_options()
        # One folder whoever builds, so that pip leaves its objects to the next build; another for each sanitizer.
        kind = [sysconfig.get_platform(), sys.implementation.cache_tag, os.environ.get("FASTMLP_SANITIZE", "")]
        self.build_temp = str(Path("build", "-".join(["objects", *filter(None, kind)])))

    def build_extension(self, ext: Extension) -> None:
        if self.compiler.compiler_type == "msvc":
            raise PlatformError("fastmlp needs a compiler with GNU vector extensions (gcc or clang). Received: msvc")
        flags = list(sanitizer_flags())
        if self.has_openmp():
            flags.append(OPENMP_FLAG)
        else:
            warnings.warn("The compiler has no OpenMP: fastmlp is built single-threaded.", stacklevel=1)
        ext.extra_compile_args += [*BOUNDARY_FLAGS, *flags]
        ext.extra_link_args += flags
        ext.extra_objects += self.engine_objects(flags)
        if newer_group(ext.extra_objects, self.get_ext_fullpath(ext.name)):
            self.force = True
        super().build_extension(ext)

    def has_openmp(self) -> bool:
        """Tell whether a program that uses OpenMP compiles and links."""
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "probe.c")
            source.write_text("#include <omp.h>\nint main(void) { return omp_get_max_threads() == 0; }\n")
            try:
                objects = self.compiler.compile([str(source)], output_dir="/", extra_postargs=[OPENMP_FLAG])
                self.compiler.link_executable(objects, "probe", output_dir=folder, extra_postargs=[OPENMP_FLAG])
            except (CompileError, LinkError):
                return False
        return True

    def engine_objects(self, flags: list[str]) -> list[str]:
        """Bring the engine's objects up to date and return their paths."""
        isas = target_isas()
        common = [*ENGINE_FLAGS, *WARNING_FLAGS, *flags]
        if os.environ.get("FASTMLP_WERROR") == "1":
            common.append("-Werror")
        kernels = SOURCE_DIR / "kernels.c"
        jobs = [
            (kernels, [("FM_ISA", isa.name), ("FM_REAL_BITS", bits)], [*common, *isa.flags])
            for isa in isas
            for bits in ("32", "64")
        ]
        have = [(isa.have_macro, "1") for isa in isas]
        jobs += [(source, have, common) for source in sorted(SOURCE_DIR.glob("**/*.c")) if source != kernels]
        with ThreadPoolExecutor(self.parallel or os.cpu_count()) as pool:
            return list(pool.map(lambda job: self.compile_object(*job), jobs))

    def compile_object(self, source: Path, macros: list[tuple[str, str]], flags: list[str]) -> str:
        """Compile one source file unless its object is newer than the file and all headers; return the object."""
        command = repr((self.compiler.compiler_so, macros, flags))
        folder = Path(self.build_temp, hashlib.sha256(command.encode()).hexdigest()[:16])
        target = folder / source.with_suffix(".o")
        dependencies = [source, *SOURCE_DIR.glob("*.h"), *SOURCE_DIR.glob("ops/*.h")]
        if source.name == "kernels.c":
            dependencies += SOURCE_DIR.glob("kernels/*.h")
        newest = max(path.stat().st_mtime for path in dependencies)
        if self.force or not target.exists() or target.stat().st_mtime <= newest:
            started = time.time()
            self.compiler.compile([str(source)], output_dir=str(folder), macros=macros, extra_postargs=flags)
            os.utime(target, (started, started))  # older than a header that has changed meanwhile
        return str(target)


if __name__ == "__main__":
    engine = Extension("fastmlp._engine", ["fastmlp/_engine.pyx"], include_dirs=[str(SOURCE_DIR)])
    setup(ext_modules=[engine], cmdclass={"build_ext": BuildEngine})
