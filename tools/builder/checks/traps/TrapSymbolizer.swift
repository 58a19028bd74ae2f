import Foundation
import ToolSupport

/// Attributes addresses of a linked kernel to lines of its sources.
struct TrapSymbolizer {
  let context: BuildContext

  /// One function of those that were inlined into each other, innermost first.
  struct Frame: Decodable {
    let file: String
    let function: String
    let line: Int

    private enum CodingKeys: String, CodingKey {
      case file = "FileName"
      case function = "FunctionName"
      case line = "Line"
    }
  }

  private struct Answer: Decodable {
    let frames: [Frame]

    private enum CodingKeys: String, CodingKey { case frames = "Symbol" }
  }

  func sites(at addresses: [UInt64]) throws(ToolFailure) -> [TrapSite] {
    let result = try Subprocess.capture(
      context.toolchain.program("llvm-symbolizer"),
      ["--obj=\(context.kernelPath)", "--output-style=JSON", "--inlining", "--no-demangle"],
      in: context.root,
      input: addresses.map { "0x" + String($0, radix: 16) }.joined(separator: "\n") + "\n")
    let lines = result.output.split(separator: "\n")
    guard result.succeeded, lines.count == addresses.count else {
      throw ToolFailure("llvm-symbolizer failed:\n\(result.output.prefix(400))")
    }
    let functions = try functions()
    var sources = SourceLines(root: context.root)
    var sites: [TrapSite] = []
    for (address, line) in zip(addresses, lines) {
      guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(line.utf8)) else {
        throw ToolFailure("llvm-symbolizer said: \(line.prefix(400))")
      }
      let function = functions.last { $0.address <= address }?.name ?? ""
      sites.append(Self.site(at: address, answer.frames, in: function, &sources))
    }
    return try named(sites)
  }

  /// The image's functions, by address: also those without debug information.
  private func functions() throws(ToolFailure) -> [SymbolTable.Symbol] {
    let listing = try ToolCommand(
      context.toolchain.program("llvm-nm"),
      ["--defined-only", "--numeric-sort", context.kernelPath]
    ).run(in: context.root)
    return SymbolTable.symbols(in: listing).filter(\.isCode)
  }

  private static let checkPrefix = "Swift runtime failure: "

  /// What the frames of one address say.
  static func site(
    at address: UInt64, _ frames: [Frame], in function: String, _ sources: inout SourceLines
  ) -> TrapSite {
    let check = frames.first.map(\.function).flatMap {
      $0.hasPrefix(checkPrefix) ? String($0.dropFirst(checkPrefix.count)) : nil
    }
    // Frames of the standard library lie within those of the line that used it.
    let owns = frames.filter {
      $0.file.hasPrefix("./") && !$0.function.hasPrefix(checkPrefix)
    }
    let own = owns.first { $0.line > 0 } ?? owns.first
    let file = own.map { String($0.file.dropFirst(2)) } ?? ""
    let text = own.flatMap { sources.line($0.line, of: file) }
    let place = text ?? functionMark + (own?.function ?? function)
    return TrapSite(
      address: address, place: TrapPlace(file: file, text: place), line: own?.line ?? 0,
      check: check ?? "trap")
  }

  private static let functionMark = "in "

  /// The same with readable names of functions.
  private func named(_ sites: [TrapSite]) throws(ToolFailure) -> [TrapSite] {
    let mark = Self.functionMark + "$"
    let names = sites.map(\.place.text).filter { $0.hasPrefix(mark) }.map {
      String($0.dropFirst(Self.functionMark.count))
    }
    guard !names.isEmpty else { return sites }
    let readable = try SymbolTable.demangled(names, context: context)
    let table = Dictionary(zip(names, readable)) { first, _ in first }
    return sites.map { site in
      guard site.place.text.hasPrefix(mark),
        let name = table[String(site.place.text.dropFirst(Self.functionMark.count))]
      else { return site }
      return TrapSite(
        address: site.address,
        place: TrapPlace(file: site.place.file, text: Self.functionMark + name),
        line: site.line, check: site.check)
    }
  }
}

/// Lines of source files, each file read once.
struct SourceLines {
  private let root: String
  private var files: [String: [String]] = [:]

  init(root: String) { self.root = root }

  /// The text of a line without the spaces around it; nil if there is none.
  mutating func line(_ number: Int, of file: String) -> String? {
    let lines = lines(of: file)
    guard number > 0, number <= lines.count else { return nil }
    return lines[number - 1].isEmpty ? nil : lines[number - 1]
  }

  /// Whether any line of the file has this text.
  mutating func has(_ text: String, in file: String) -> Bool { lines(of: file).contains(text) }

  private mutating func lines(of file: String) -> [String] {
    if let known = files[file] { return known }
    let text = (try? Files.text(of: "\(root)/\(file)")) ?? ""
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    files[file] = lines
    return lines
  }
}
