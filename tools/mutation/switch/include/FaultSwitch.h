#include <stdbool.h>

// The number of the fault that this process has, from MNOS_FAULT; 0 for none.
extern int chosenFault;

static inline bool faultIsChosen(int number) { return chosenFault == number; }
