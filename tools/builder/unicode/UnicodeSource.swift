import Foundation
import ToolSupport

/// The Unicode functions that the toolchain brings for this host, called to learn what they know.
///
/// They are the same source, made for every architecture that Swift compiles for.
///
/// SAFETY, of sharing it: the functions look things up in constant tables.
@safe final class UnicodeSource: @unchecked Sendable {
  private let library: UnsafeMutableRawPointer

  /// Loads the functions of `archive`.
  ///
  /// - Parameter library: Where to put them as a library that can be loaded.
  init(archive: String, library path: String, toolchain: SwiftToolchain) throws(ToolFailure) {
    try Self.refuseUnknownFunctions(of: archive, toolchain)
    // The functions are hidden; other names for them are not.
    let names = UnicodeFunction.allCases.map { "--defsym=mnos\($0.symbol)=\($0.symbol)" }
    try ToolCommand(
      toolchain.program("ld.lld"), ["-shared", "-o", path] + names + ["--whole-archive", archive]
    ).run(in: "/")
    // SAFETY: the library was just made from functions and tables that have no initialisers.
    guard let library = unsafe dlopen(path, RTLD_NOW) else {
      throw ToolFailure("\(path) cannot be loaded: \(archive) is not for this host")
    }
    unsafe self.library = library
  }

  deinit {
    // SAFETY: nothing of the library outlives this object.
    _ = unsafe dlclose(library)
  }

  /// The archive of the architecture that this program runs on.
  static func hostArchive(_ toolchain: SwiftToolchain) throws(ToolFailure) -> String {
    let machine = try Subprocess.capture("uname", ["-m"]).output.filter { !$0.isWhitespace }
    let folders = ["-unknown-linux-gnu", "-unknown-none-elf", "-none-none-elf"].map {
      "\(toolchain.embeddedFolder)/\(machine)\($0)/libswiftUnicodeDataTables.a"
    }
    guard let found = folders.first(where: Files.exists) else {
      throw ToolFailure(
        "no Unicode tables of Swift for \(machine) hosts at \(folders[0]): this toolchain "
          + "cannot make those of other machines")
    }
    return found
  }

  /// A function that is not known here would be missing where this library's place is taken.
  private static func refuseUnknownFunctions(
    of archive: String, _ toolchain: SwiftToolchain
  ) throws(ToolFailure) {
    let listing = try ToolCommand(
      toolchain.program("llvm-nm"), ["--defined-only", "--extern-only", archive]
    ).run(in: "/")
    let known = Set(UnicodeFunction.allCases.map(\.symbol) + UnicodeFunction.internalSymbols)
    let unknown = listing.split(separator: "\n").compactMap { line in
      line.split(separator: " ").last.map(String.init)
    }.filter { $0.hasPrefix("_swift_stdlib_") && !known.contains($0) }
    guard unknown.isEmpty else {
      throw ToolFailure(
        "this Swift asks more about Unicode than tools/unicode can tell: "
          + unknown.joined(separator: ", "))
    }
  }

  /// The address of one of the functions. Callers give it the type that it has in the standard
  /// library.
  @unsafe func address(of function: UnicodeFunction) -> UnsafeMutableRawPointer {
    // SAFETY: the library is loaded, and was linked with exactly these names.
    guard let address = unsafe dlsym(library, "mnos\(function.symbol)") else {
      preconditionFailure("\(function.symbol) left the library it was linked into")
    }
    return unsafe address
  }
}

/// What the standard library asks about Unicode.
enum UnicodeFunction: String, CaseIterable {
  case normalizationData = "getNormData"
  case decompositionEntry = "getDecompositionEntry"
  case composition = "getComposition"
  /// Not a function but the texts that entries refer to.
  case decompositions = "nfd_decompositions"
  case graphemeBreak = "getGraphemeBreakProperty"
  case conjunctConsonant = "isInCB_Consonant"
  case extendedPictographic = "isExtendedPictographic"
  case wordBreak = "getWordBreakProperty"
  case binaryProperties = "getBinaryProperties"
  case numericType = "getNumericType"
  case numericValue = "getNumericValue"
  case age = "getAge"
  case generalCategory = "getGeneralCategory"
  case script = "getScript"
  case mapping = "getMapping"
  case specialMapping = "getSpecialMapping"
  case caseFolding = "getCaseMapping"
  case scriptExtensions = "getScriptExtensions"
  case nameAlias = "getNameAlias"
  case name = "getScalarName"

  var symbol: String { "_swift_stdlib_\(rawValue)" }

  /// What the library's functions call, and nothing else does.
  static let internalSymbols = ["_swift_stdlib_getMphIdx", "_swift_stdlib_getScalarBitArrayIdx"]
}
