/* What runs before main: memory and the floating-point unit; and what main speaks through, which is semihosting. */
#include <stdint.h>

#include "start.h"

extern uint32_t stack_top, data_from, data_start, data_end, bss_start, bss_end;
int main(void);

static int semihosting(int operation, const void *argument) {
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

void say(const char *text) { semihosting(0x04, text); }

void say_number(uint32_t number) {
    char digits[11];
    int place = 10;
    digits[place] = 0;
    do {
        digits[--place] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    say(digits + place);
}

/* SysTick counts down from 2^24 - 1 at 25 MHz, which under -icount shift=0 is once in 40 instructions. */
#define SYST ((volatile uint32_t *)0xe000e010)

void begin_counting(void) {
    SYST[1] = 0xffffff;
    SYST[2] = 0;
    SYST[0] = 5;
}

uint32_t counted(void) { return 0xffffff - SYST[2]; }

void reset(void) {
    const uint32_t *from = &data_from;
    for (uint32_t *to = &data_start; to < &data_end; to++) {
        *to = *from++;
    }
    for (uint32_t *to = &bss_start; to < &bss_end; to++) {
        *to = 0;
    }
    *(volatile uint32_t *)0xe000ed88 |= 0xfu << 20; /* CPACR: full access to the FPU */
    __asm__ volatile("dsb\n isb");
    main();
    semihosting(0x18, (const void *)0x20026); /* the application has ended */
    for (;;) {
    }
}

static void fault(void) {
    say("a fault\n");
    semihosting(0x18, (const void *)0x20023);
    for (;;) {
    }
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top, (void *)reset, (void *)fault, (void *)fault, (void *)fault, (void *)fault, (void *)fault,
};
