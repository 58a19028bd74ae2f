#include "FaultSwitch.h"

#include <stdlib.h>

int chosenFault = 0;

// Before any code of the kernel runs, so that a look is one load and one comparison.
__attribute__((constructor)) static void chooseFault(void) {
  const char *text = getenv("MNOS_FAULT");
  if (text != NULL) chosenFault = atoi(text);
}
