import ToolSupport

/// Who may import whom, and nothing of an architecture outside its folder.
public enum LayerCheck {
  /// What every module may import besides those in its specification.
  private static let standard: Set<String> = ["Swift", "Synchronization", "_Volatile", "Builtin"]

  /// Checks every source of `modules`.
  ///
  /// - Throws: A failure with one line per offence, as `file:line: what`.
  public static func check(_ modules: [ModuleSpec], root: String) throws(ToolFailure) {
    var offences: [String] = []
    for module in modules {
      let shims = module.shims.flatMap { shimModules(in: "\(root)/\($0)") }
      // What has an alias is imported by it, and by nothing that names an architecture.
      let allowed = standard.union(module.imports).union(shims)
        .subtracting(module.aliases.map(\.module)).union(module.aliases.map(\.name))
      for path in module.folders.flatMap({ SourceFiles.swift(in: $0, root: root) }) {
        let text = try Files.text(of: "\(root)/\(path)")
        offences += self.offences(in: text, of: module.name, allowed: allowed).map {
          "\(path):\($0)"
        }
      }
    }
    guard offences.isEmpty else {
      throw ToolFailure("layers are crossed:\n" + offences.joined(separator: "\n"))
    }
  }

  /// Offences in one source text, as `line: what`.
  static func offences(in text: String, of module: String, allowed: Set<String>) -> [String] {
    var offences: [String] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if let imported = importedModule(line), !allowed.contains(imported) {
        offences.append("\(index + 1): \(module) may not import \(imported)")
      }
      let words = line.split(separator: " ")
      if words.first == "#if" || words.first == "#elseif",
        line.contains("arch(") || line.contains("MNOS_ARCH")
      {
        offences.append("\(index + 1): '#if arch' is never used; an architecture is a folder")
      }
    }
    return offences
  }

  /// The module that a line of source imports, if it is an import.
  static func importedModule(_ line: Substring) -> String? {
    var words = line.split(separator: " ")
    while let first = words.first,
      first.hasPrefix("@") || ["public", "internal", "private", "package"].contains(first)
    {
      words.removeFirst()
    }
    guard words.first == "import", words.count >= 2 else { return nil }
    let kinds: Set<Substring> = [
      "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
    ]
    let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
    return name.split(separator: ".").first.map(String.init)
  }

  private static func shimModules(in folder: String) -> [String] {
    guard let map = try? Files.text(of: "\(folder)/module.modulemap") else { return [] }
    return map.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard let position = words.firstIndex(of: "module"), words.count > position + 1 else {
        return nil
      }
      return String(words[position + 1])
    }
  }
}
