// Where the tables lie that the build writes.

#pragma once

#define MNOS_UNICODE_TABLE(name) \
  extern const char mnos_unicode_##name[]; \
  static inline const void *_Nonnull mnos_unicode_##name##_table(void) { \
    return mnos_unicode_##name; \
  }

MNOS_UNICODE_TABLE(normalization)
MNOS_UNICODE_TABLE(decomposition)
MNOS_UNICODE_TABLE(composition)
MNOS_UNICODE_TABLE(grapheme_break)
MNOS_UNICODE_TABLE(conjunct_consonant)
MNOS_UNICODE_TABLE(extended_pictographic)
MNOS_UNICODE_TABLE(word_break)
MNOS_UNICODE_TABLE(binary_properties)
MNOS_UNICODE_TABLE(numeric_type)
MNOS_UNICODE_TABLE(numeric_value)
MNOS_UNICODE_TABLE(age)
MNOS_UNICODE_TABLE(general_category)
MNOS_UNICODE_TABLE(script)
MNOS_UNICODE_TABLE(upper_mapping)
MNOS_UNICODE_TABLE(lower_mapping)
MNOS_UNICODE_TABLE(title_mapping)
MNOS_UNICODE_TABLE(upper_text)
MNOS_UNICODE_TABLE(lower_text)
MNOS_UNICODE_TABLE(title_text)
MNOS_UNICODE_TABLE(case_folding)
MNOS_UNICODE_TABLE(script_extensions)
MNOS_UNICODE_TABLE(name_alias)
MNOS_UNICODE_TABLE(name)
