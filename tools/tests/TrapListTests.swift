import Testing

@testable import Builder

/// The list of trap instructions, and what the build says of a kernel that differs from it.
@Suite struct TrapListTests {
  private static let text = """
    # A remark.
    reason counter: Counts things
      that exist.
    reason boot: Before the first program.
    compiler 6.3.1
    count x86_64 2
    kernel/core/A.swift
      counter overflow,index x2 | self.count += 1
    kernel/core/boot/B.swift
      boot *
    -
      counter trap | in Kernel.install(_:in:parent:)
    """

  private func site(
    _ file: String, _ line: Int, _ text: String, _ check: String = "arithmetic overflow"
  ) -> TrapSite {
    TrapSite(address: 0, place: TrapPlace(file: file, text: text), line: line, check: check)
  }

  private func complaints(_ sites: [TrapSite]) throws -> [String] {
    try TrapList([Self.text]).complaints(about: sites, architecture: "x86_64")
  }

  @Test func textIsRead() throws {
    let list = try TrapList([Self.text])

    #expect(list.reasons == ["counter", "boot"])
    #expect(list.counts == ["x86_64": 2])
    #expect(list.compiler?.description.hasPrefix("6.3.1") ?? false)
    #expect(list.entries.count == 3)
  }

  @Test func whatIsListedIsNoComplaint() throws {
    let line = "self.count += 1"

    #expect(try complaints([1, 9].map { site("kernel/core/A.swift", $0, line) }) == [])
  }

  /// One line that was inlined at many places is one place.
  @Test func aListedLineMayBeCopied() throws {
    let sites = (0..<2).map { _ in site("kernel/core/A.swift", 1, "self.count += 1") }

    #expect(try complaints(sites) == [])
  }

  @Test func anotherLineIsNamedInTheFormatOfTheList() throws {
    let sites = [
      site("kernel/core/A.swift", 1, "x - 1"),
      site("", 0, "in Kernel.install(_:in:parent:)", "trap"),
    ]

    #expect(try complaints(sites) == ["kernel/core/A.swift\n  ? overflow | x - 1"])
  }

  @Test func anotherCheckOnAListedLineIsNamed() throws {
    let line = "self.count += 1"
    let sites = [
      site("kernel/core/A.swift", 1, line),
      site("kernel/core/A.swift", 1, line, "Division by zero"),
    ]

    #expect(
      try complaints(sites) == ["kernel/core/A.swift\n  more overflow,zero | self.count += 1"])
  }

  @Test func oneMoreLineOfTheSameTextIsNamed() throws {
    let sites = (1...3).map { site("kernel/core/A.swift", $0, "self.count += 1") }

    let found = try complaints(sites)

    #expect(found.first == "kernel/core/A.swift\n  more overflow x3 | self.count += 1")
  }

  @Test func aFileMayBeListedAsAWhole() throws {
    let file = "kernel/core/boot/B.swift"

    let sites = [site(file, 1, "a + b"), site(file, 2, "c[1]", "Index out of bounds")]

    #expect(try complaints(sites) == [])
  }

  @Test(arguments: [0, 1, 3])
  func anotherNumberOfInstructionsIsSaid(count: Int) throws {
    let sites = (0..<count).map { _ in site("kernel/core/A.swift", 1, "self.count += 1") }

    let found = try complaints(sites)

    #expect(found.count == 1)
    #expect(found[0].contains("says x86_64 2, and there are \(count)"))
    #expect(found[0].contains("good") == (count < 2))
  }

  @Test(arguments: ["A.swift\n  counter overflow x - 1", "count x86_64", "A.swift\n  counter x | "])
  func whatIsNoEntryIsRefused(text: String) {
    #expect(throws: (any Error).self) { try TrapList([text]) }
  }
}

/// Finding the instructions.
@Suite struct TrapInstructionsTests {
  private func bytes(_ words: [UInt32]) -> [UInt8] {
    words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) } }
  }

  /// A return, a trap, a trap of another number.
  @Test func aarch64HasBreaks() {
    let code = bytes([0xd65f_03c0, 0xd420_0020, 0xd43e_0000, 0xd400_0001])

    #expect(TrapInstructions.offsets(in: code, .aarch64) == [4, 8])
  }

  /// The linker fills gaps with `break 0`.
  @Test func loongArch64HasUndefinedInstructionsAndBreaks() {
    let code = bytes([0x3860_0400, 0x3860_04a5, 0x002a_0000, 0x002a_0001, 0x3860_0485])

    #expect(TrapInstructions.offsets(in: code, .loongarch64) == [0, 4, 12])
  }

  /// Short and long ones, and a long instruction whose upper half looks like a short trap.
  @Test func riscv64HasBothLengths() {
    let code: [UInt8] =
      [0x01, 0x00] + [0x00, 0x00] + bytes([0x0000_0037]) + bytes([0xc000_1073]) + [0x02, 0x90]
      + bytes([0x0010_0073])

    #expect(TrapInstructions.offsets(in: code, .riscv64) == [2, 8, 12, 14])
  }

  @Test func aDisassemblySaysWhereTheyAre() {
    let listing = """
      ffffffff80000039 <function>:
      ffffffff80000039:      \tud2
      ffffffff8000003b:      \tjmp\t0xffffffff80000039 <ud2>
      ffffffff8000003d:      \tud2
      """

    #expect(
      TrapInstructions.addresses(inListing: listing, named: "ud2")
        == [0xffff_ffff_8000_0039, 0xffff_ffff_8000_003d])
  }
}

/// What the symbolizer's frames say.
@Suite struct TrapPlaceTests {
  private func frame(_ file: String, _ function: String, _ line: Int) -> TrapSymbolizer.Frame {
    TrapSymbolizer.Frame(file: file, function: function, line: line)
  }

  private func site(_ frames: [TrapSymbolizer.Frame]) -> TrapSite {
    var sources = SourceLines(root: "/nowhere")
    return TrapSymbolizer.site(at: 16, frames, in: "_start", &sources)
  }

  @Test func theInnermostOwnLineCounts() {
    let site = site([
      frame("/<compiler-generated>", "Swift runtime failure: Division by zero", 0),
      frame("Swift/Integers.swift", "division", 7), frame("./kernel/core/A.swift", "inner", 3),
      frame("./kernel/core/B.swift", "outer", 9),
    ])

    #expect(site.place == TrapPlace(file: "kernel/core/A.swift", text: "in inner"))
    #expect(site.line == 3)
    #expect(site.check == "Division by zero")
  }

  @Test func aMergedLineIsTheNextOneOut() {
    let site = site([
      frame("./kernel/core/A.swift", "Swift runtime failure: Index out of bounds", 0),
      frame("./kernel/core/A.swift", "inner", 0), frame("./kernel/core/B.swift", "outer", 9),
    ])

    #expect(site.place == TrapPlace(file: "kernel/core/B.swift", text: "in outer"))
    #expect(site.line == 9)
  }

  @Test func withoutDebugInformationTheFunctionCounts() {
    let site = site([frame("", "_start", 0)])

    #expect(site.place == TrapPlace(file: "", text: "in _start"))
    #expect(site.check == "trap")
  }
}
