/// All tables of tools/unicode, made from what the toolchain's functions for this host say.
struct UnicodeTableSet {
  /// Tables by the last part of their symbols.
  private(set) var tables: [(name: String, bytes: [UInt8])] = []
  /// What decomposition entries refer to.
  let decompositions: [UInt8]

  init(_ source: UnicodeSource) {
    let scalars = ScalarTableBuilder.scalars
    let entries = scalars.map(source.numbers(.decompositionEntry))
    decompositions = source.decompositions(entries)
    tables = [
      ("decomposition", ScalarTableBuilder.table(entries)),
      ("composition", Self.compositions(source, entries, decompositions)),
    ]
    for (name, function) in Self.numberTables {
      tables.append((name, ScalarTableBuilder.table(scalars.map(source.numbers(function)))))
    }
    for (index, name) in ["upper", "lower", "title"].enumerated() {
      let mapping = UInt8(index)
      tables += [
        ("\(name)_mapping", ScalarTableBuilder.table(scalars.map(source.mapping(mapping)))),
        (
          "\(name)_text",
          ScalarTableBuilder.table(texts: scalars.map(source.specialMapping(mapping)))
        ),
      ]
    }
    tables += [
      ("script_extensions", ScalarTableBuilder.table(texts: scalars.map(source.scriptExtensions))),
      ("name_alias", ScalarTableBuilder.table(texts: scalars.map(source.nameAlias))),
      ("name", ScalarTableBuilder.table(names: scalars.map(source.name))),
    ]
  }

  static let numberTables: [(name: String, function: UnicodeFunction)] = [
    ("normalization", .normalizationData), ("grapheme_break", .graphemeBreak),
    ("conjunct_consonant", .conjunctConsonant),
    ("extended_pictographic", .extendedPictographic), ("word_break", .wordBreak),
    ("binary_properties", .binaryProperties), ("numeric_type", .numericType),
    ("numeric_value", .numericValue), ("age", .age), ("general_category", .generalCategory),
    ("script", .script), ("case_folding", .caseFolding),
  ]

  /// The scalars that may be part of a pair that composes: those that decompose, and those that
  /// some scalar decomposes into. Pairs compose into what decomposes into them.
  ///
  /// Source: Unicode Standard §3.11, D114 and D117.
  static func composingScalars(_ entries: [UInt64], _ decompositions: [UInt8]) -> [UInt32] {
    var found: Set<UInt32> = []
    for entry in entries where entry > 1 {
      found.insert(UInt32(entry & 0x3_ffff))
      let place = Int(entry >> 18)
      let text = decompositions[place + 1...place + Int(decompositions[place])]
      for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
        found.insert(scalar.value)
      }
    }
    return found.sorted()
  }

  /// The table of all pairs that compose.
  static func compositions(
    _ source: UnicodeSource, _ entries: [UInt64], _ decompositions: [UInt8]
  ) -> [UInt8] {
    let compose = source.composition
    let scalars = composingScalars(entries, decompositions)
    var pairs: [(first: UInt32, second: UInt32, composed: UInt32)] = []
    for second in scalars {
      for first in scalars {
        if let composed = compose(first, second) { pairs.append((first, second, composed)) }
      }
    }
    return ScalarTableBuilder.table(compositions: pairs)
  }
}
