"""The program of how_to/board.md trains on emulated boards, to the bits that the page shows; sizes are as it says."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from symbackprop.cli.main import status

PAGE = (Path(__file__).parents[2] / "docs" / "how_to" / "board.md").read_text(encoding="utf-8")
FILE = re.compile(r"^```\w+\n((?:#|/\*) (\w+\.\w+)\b.*?)^```$", re.MULTILINE | re.DOTALL)
SECONDS = 300  # of an emulator, which takes one or two
BOARDS = {
    "Cortex-M4F": ("mps2-an386", ("-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")),
    "Cortex-M0+": ("mps2-an385", ("-mcpu=cortex-m0plus",)),
}
# Where the processor begins, and memory as the emulator has it; output goes through the debugger's door (semihosting).
START = """
#include <stdint.h>
extern void _start(void);
static void reset(void) {
    *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20; /* floating-point hardware on, if there is any */
    __asm volatile("dsb");
    __asm volatile("isb");
    _start();
}
static void stop(void) {
    for (;;) {
    }
}
__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    (void *)0x20400000, (void *)reset, (void *)stop, (void *)stop, (void *)stop, (void *)stop, (void *)stop};
"""
LINKING = """
MEMORY { flash : ORIGIN = 0, LENGTH = 4M  ram : ORIGIN = 0x20000000, LENGTH = 4M }
ENTRY(_start)
SECTIONS {
  .text : { KEEP(*(.vectors)) *(.text*) KEEP(*(.init)) KEEP(*(.fini)) *(.rodata*) *(.ARM.extab*) } > flash
  __exidx_start = .; .ARM.exidx : { *(.ARM.exidx*) } > flash __exidx_end = .;
  .data : { *(.data*) *(.init_array*) *(.fini_array*) } > ram
  .bss : { __bss_start__ = .; *(.bss*) *(COMMON) __bss_end__ = .; } > ram
  end = .; __end__ = .;
}
"""


def needs(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")


def said(*command, seconds=None):
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True, timeout=seconds).stdout


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The files of the page, and those that its first command writes."""
    monkeypatch.chdir(tmp_path)
    for body, name in FILE.findall(PAGE):
        (tmp_path / name).write_text(body, encoding="utf-8")
    command = re.search(r"^\$ symbackprop (generate .*)$", PAGE, re.MULTILINE).group(1)
    assert status(command.split()) == 0
    return tmp_path


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_trains_to_the_same_bits(board, folder):
    needs("arm-none-eabi-gcc", "qemu-system-arm")
    machine, flags = BOARDS[board]
    (folder / "start.c").write_text(START)
    (folder / "board.ld").write_text(LINKING)
    options = ("-std=c99", "-Os", "-ffp-contract=off", *flags, "-mthumb", "--specs=rdimon.specs", "-Imotion")
    files = ("start.c", "train.c", "sensor.c", "motion/motion.c")
    said("arm-none-eabi-gcc", *options, "-T", "board.ld", *files, "-lm", "-o", "board.elf")
    door = ("-semihosting-config", "enable=on,target=native")
    printed = said("qemu-system-arm", "-M", machine, "-nographic", *door, "-kernel", "board.elf", seconds=SECONDS)
    shown = PAGE.partition("$ ./train\n")[2].partition("```")[0]
    assert printed.splitlines() == shown.splitlines()


@pytest.mark.parametrize("board", BOARDS)
def test_the_code_is_as_large_as_it_says(board, folder):
    """To a tenth: other versions of the compiler write other code. Stack likewise."""
    needs("arm-none-eabi-gcc", "arm-none-eabi-size")
    flags = ("-std=c99", "-Os", *BOARDS[board][1], "-mthumb", "-fstack-usage")
    said("arm-none-eabi-gcc", *flags, "-c", "motion/motion.c", "-o", "motion.o")
    size = int(said("arm-none-eabi-size", "motion.o").splitlines()[1].split()[0])
    stated = int(re.search(rf"^\| {re.escape(board)} \|.*?(\d+) bytes \|$", PAGE, re.MULTILINE).group(1))
    assert size == pytest.approx(stated, rel=0.1)
    stack = max(int(line.split("\t")[1]) for line in Path("motion.su").read_text().splitlines())
    assert stack <= 1.1 * int(re.search(r"(\d+)\s+bytes for the largest function", PAGE).group(1))


INFERENCE = """
#include "motion.h"
static const motion_params params = {{1}};
static motion_real x[motion_N * motion_D], scores[motion_N * motion_K], work[motion_PREDICT_WORK];
int main(void) {
    for (;;) {
        motion_predict(&params, x, scores, work);
    }
}
"""


@pytest.mark.parametrize(("board", "place"), [("Cortex-M4F", 0), ("Cortex-M0+", 1)])
def test_a_program_that_infers_has_nothing_else(board, place, folder):
    needs("arm-none-eabi-gcc", "arm-none-eabi-nm")
    (folder / "inference.c").write_text(INFERENCE)
    options = ("-std=c99", "-Os", *BOARDS[board][1], "-mthumb", "-ffunction-sections", "-Wl,--gc-sections", "-Imotion")
    alone = ("--specs=nosys.specs", "-nostartfiles", "-Wl,-e,main")
    said("arm-none-eabi-gcc", *options, *alone, "inference.c", "motion/motion.c", "-o", "inference.elf")
    rows = [line.split() for line in said("arm-none-eabi-nm", "-S", "inference.elf").splitlines()]
    sizes = {row[3]: int(row[1], 16) for row in rows if len(row) == 4 and row[3].startswith("motion_")}
    assert "motion_predict" in sizes
    assert not [name for name in sizes if re.search("backward|forward|init|sgd|clip", name)]
    stated = re.search(r"alone has (\d+) bytes of the file on the Cortex-M4F, (\d+) on", PAGE)
    assert sum(sizes.values()) == pytest.approx(int(stated.group(1 + place)), rel=0.1)


def test_memory_is_as_much_as_it_says(folder):
    """Of the header's numbers, in bytes."""
    header = Path("motion/motion.h").read_text(encoding="utf-8")
    macros = {name: int(number) for name, number in re.findall(r"^#define motion_(\w+) (\d+)$", header, re.MULTILINE)}
    stated = {name: int(size) for name, size in re.findall(r"^\| `motion_(\w+)`.*?(\d+) bytes \|$", PAGE, re.MULTILINE)}
    fields = sum(map(int, re.findall(r"^    motion_real \w+\[(\d+)\]", header, re.MULTILINE)))
    assert stated == {"params": 4 * fields, "grads": 4 * fields, "sgd_state": 4 * fields, "WORK": 4 * macros["WORK"],
                      "PREDICT_WORK": 4 * macros["PREDICT_WORK"]}  # fmt: skip
    inputs = int(re.search(r"^\| inputs .*?(\d+) bytes \|$", PAGE, re.MULTILINE).group(1))
    assert inputs == 4 * macros["N"] * (macros["D"] + 1)
