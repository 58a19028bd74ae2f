import Testing

@testable import Builder

@Suite struct SymbolTableTests {
  @Test func listingGivesCodeAndData() {
    let symbols = SymbolTable.symbols(
      in: "ffffffff80000000 T _start\nffffffff80001000 d table\n                 U missing\n")

    #expect(
      symbols == [
        SymbolTable.Symbol(address: 0xffff_ffff_8000_0000, isCode: true, name: "_start"),
        SymbolTable.Symbol(address: 0xffff_ffff_8000_1000, isCode: false, name: "table"),
      ])
  }

  @Test func assemblyHoldsCountPairsAndNames() {
    let table = SymbolTable(functions: [
      SymbolTable.Function(offset: 16, name: "first"),
      SymbolTable.Function(offset: 64, name: "second"),
    ])

    #expect(table.assembly.contains(".long 2\n  .long 16, 0\n  .long 64, 6\n"))
    #expect(table.assembly.contains(".asciz \"first\"\n  .asciz \"second\""))
  }

  @Test(arguments: [
    ("Kernel.call(from:)", "Kernel.call(from:)"),
    ("generic specialization <X86Platform> of Kernel.call<A>(from:)", "Kernel.call(from:)"),
    ("Kernel.now() -> UInt64", "Kernel.now()"),
  ])
  func nameIsCutToWhatAReaderNeeds(name: String, short: String) {
    #expect(SymbolTable.shortName(name) == short)
  }

  @Test func heapAndLazyGlobalsAreRefused() {
    let symbols = ["$e3App5tableSayGvpZ_WZ", "swift_allocObject", "memcpy", "swift_once"]

    #expect(SymbolCheck.complaints(about: symbols, isLinked: false).count == 2)
  }

  @Test func standardLibraryGlobalsCountOnlyOnceLinked() {
    let symbols = ["$es4Hash_WZ"]

    #expect(SymbolCheck.complaints(about: symbols, isLinked: false).isEmpty)
    #expect(SymbolCheck.complaints(about: symbols, isLinked: true).count == 1)
  }
}
