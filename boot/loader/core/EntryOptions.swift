/// The options of one entry of limine.conf.
struct EntryOptions: ~Escapable {
  struct Option {
    let name: Range<Int>
    let value: Range<Int>
    let line: Int

    /// Whether it is the one that `known` names, in lower case.
    func isNamed(_ known: StaticString, in text: Span<UInt8>) -> Bool {
      text.holds(known, in: name, ignoringCase: true)
    }
  }

  private let text: Span<UInt8>
  private let entry: Int

  /// - Parameter entry: The entry's number in the file, from 1.
  @_lifetime(copy text)
  init(_ text: Span<UInt8>, entry: Int) {
    self.text = text
    self.entry = entry
  }

  /// A reader for `next`, at the beginning of the file.
  @_lifetime(copy self)
  func reader() -> ConfigurationReader { ConfigurationReader(text) }

  /// The entry's next option, or nil past the last.
  func next(_ reader: inout ConfigurationReader) -> Option? {
    while let line = reader.next() {
      guard case .option(let name, let value) = line, reader.entry == entry else { continue }
      return Option(name: name, value: value, line: reader.line)
    }
    return nil
  }

  /// The first option with this name, in lower case; nil if there is none.
  func first(_ name: StaticString) -> Option? {
    var reader = reader()
    while let option = next(&reader) {
      if option.isNamed(name, in: text) { return option }
    }
    return nil
  }
}
