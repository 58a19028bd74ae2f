import UnicodeTableShims

// What the standard library calls to learn about Unicode scalars, under its names for it and
// with its meaning of every result. The tables are made from the toolchain's own answers.
//
// SAFETY, for all tables here: each symbol is one that the build wrote, of that kind.

@c(_swift_stdlib_getNormData)
public func normalizationData(_ scalar: UInt32) -> UInt16 {
  unsafe number(mnos_unicode_normalization_table(), scalar)
}

@c(_swift_stdlib_getDecompositionEntry)
public func decompositionEntry(_ scalar: UInt32) -> UInt32 {
  unsafe number(mnos_unicode_decomposition_table(), scalar)
}

/// All ones if they do not compose. The standard library declares UInt32, zero-extended.
@c(_swift_stdlib_getComposition)
public func composition(_ first: UInt32, _ second: UInt32) -> UInt64 {
  let table = unsafe CompositionTable(at: mnos_unicode_composition_table())
  return UInt64(table.composition(of: first, and: second) ?? .max)
}

@c(_swift_stdlib_getGraphemeBreakProperty)
public func graphemeBreakProperty(_ scalar: UInt32) -> UInt8 {
  unsafe number(mnos_unicode_grapheme_break_table(), scalar)
}

@c(_swift_stdlib_isInCB_Consonant)
public func isConjunctConsonant(_ scalar: UInt32) -> Bool {
  unsafe (number(mnos_unicode_conjunct_consonant_table(), scalar) as UInt8) != 0
}

@c(_swift_stdlib_isExtendedPictographic)
public func isExtendedPictographic(_ scalar: UInt32) -> Bool {
  unsafe (number(mnos_unicode_extended_pictographic_table(), scalar) as UInt8) != 0
}

@c(_swift_stdlib_getWordBreakProperty)
public func wordBreakProperty(_ scalar: UInt32) -> UInt8 {
  unsafe number(mnos_unicode_word_break_table(), scalar)
}

@c(_swift_stdlib_getBinaryProperties)
public func binaryProperties(_ scalar: UInt32) -> UInt64 {
  unsafe number(mnos_unicode_binary_properties_table(), scalar)
}

@c(_swift_stdlib_getNumericType)
public func numericType(_ scalar: UInt32) -> UInt8 {
  unsafe number(mnos_unicode_numeric_type_table(), scalar)
}

@c(_swift_stdlib_getNumericValue)
public func numericValue(_ scalar: UInt32) -> Double {
  Double(bitPattern: unsafe number(mnos_unicode_numeric_value_table(), scalar))
}

@c(_swift_stdlib_getAge)
public func age(_ scalar: UInt32) -> UInt16 {
  unsafe number(mnos_unicode_age_table(), scalar)
}

@c(_swift_stdlib_getGeneralCategory)
public func generalCategory(_ scalar: UInt32) -> UInt8 {
  unsafe number(mnos_unicode_general_category_table(), scalar)
}

@c(_swift_stdlib_getScript)
public func script(_ scalar: UInt32) -> UInt8 {
  unsafe number(mnos_unicode_script_table(), scalar)
}

/// - Parameter mapping: 0 for upper case, 1 for lower case, 2 for title case.
@c(_swift_stdlib_getMapping)
public func mapping(_ scalar: UInt32, _ mapping: UInt8) -> Int32 {
  let distance: UInt32 =
    switch mapping {
    case 0: unsafe number(mnos_unicode_upper_mapping_table(), scalar)
    case 1: unsafe number(mnos_unicode_lower_mapping_table(), scalar)
    case 2: unsafe number(mnos_unicode_title_mapping_table(), scalar)
    default: 0
    }
  return Int32(bitPattern: distance)
}

/// The UTF-8 code of what `scalar` becomes where that is not one scalar.
@c(_swift_stdlib_getSpecialMapping)
public func specialMapping(
  _ scalar: UInt32, _ mapping: UInt8, _ count: UnsafeMutablePointer<Int>
) -> UnsafePointer<UInt8>? {
  let table: UnsafeRawPointer
  switch mapping {
  case 0: unsafe table = mnos_unicode_upper_text_table()
  case 1: unsafe table = mnos_unicode_lower_text_table()
  case 2: unsafe table = mnos_unicode_title_text_table()
  default: return nil
  }
  guard let text = unsafe ScalarTable(at: table).text(for: scalar) else { return nil }
  // SAFETY: the standard library passes a variable of its own.
  unsafe count.pointee = text.count
  return unsafe text.start
}

/// - Parameter buffer: Room for three scalars; those that `scalar` folds to are written.
@c(_swift_stdlib_getCaseMapping)
public func caseFolding(_ scalar: UInt32, _ buffer: UnsafeMutablePointer<UInt32>) {
  let packed: UInt64 = unsafe number(mnos_unicode_case_folding_table(), scalar)
  guard packed != 0 else {
    // SAFETY: within the three.
    unsafe buffer[0] = scalar
    return
  }
  for index in 0..<3 {
    let part = UInt32(truncatingIfNeeded: packed >> (21 * UInt64(index))) & 0x1f_ffff
    // SAFETY: within the three.
    if part != 0x1f_ffff { unsafe buffer[index] = part }
  }
}

@c(_swift_stdlib_getScriptExtensions)
public func scriptExtensions(
  _ scalar: UInt32, _ count: UnsafeMutablePointer<UInt8>
) -> UnsafePointer<UInt8>? {
  let table = unsafe ScalarTable(at: mnos_unicode_script_extensions_table())
  guard let text = unsafe table.text(for: scalar) else { return nil }
  // SAFETY: the standard library passes a variable of its own.
  unsafe count.pointee = UInt8(truncatingIfNeeded: text.count)
  return unsafe text.start
}

/// Ends in a byte of 0.
@c(_swift_stdlib_getNameAlias)
public func nameAlias(_ scalar: UInt32) -> UnsafePointer<UInt8>? {
  let table = unsafe ScalarTable(at: mnos_unicode_name_alias_table())
  return unsafe table.text(for: scalar)?.start
}

@c(_swift_stdlib_getScalarName)
public func scalarName(
  _ scalar: UInt32, _ buffer: UnsafeMutablePointer<UInt8>?, _ capacity: Int
) -> Int {
  guard let buffer = unsafe buffer else { return 0 }
  let table = unsafe ScalarTable(at: mnos_unicode_name_table())
  // SAFETY: the standard library passes room for `capacity` bytes.
  return unsafe table.writeWords(for: scalar, to: buffer, capacity: capacity)
}

@inline(__always) @unsafe
private func number<Number: FixedWidthInteger>(
  _ table: UnsafeRawPointer, _ scalar: UInt32
) -> Number {
  unsafe Number(truncatingIfNeeded: ScalarTable(at: table).number(for: scalar))
}
