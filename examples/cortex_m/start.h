#include <stdint.h>

void say(const char *text);
void say_number(uint32_t number);
void begin_counting(void);
uint32_t counted(void);
