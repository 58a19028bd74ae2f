import ToolSupport

/// The steps to a Unicode library for a machine that the toolchain has none for: tables that are
/// made from what it knows for this host, and functions that read them.
struct UnicodePlan {
  let context: BuildContext

  /// Tables are the same for every machine.
  private static let folder = "build/unicode"
  private static let source = "\(folder)/tables.S"

  private var tableObject: String { "\(context.folder)/user/unicode-tables.o" }

  private let module = ModuleSpec(
    "UnicodeTables", side: .user, folders: ["tools/unicode"],
    shims: ["tools/unicode/include"])

  /// What programs are linked with; only what they use stays in them.
  var objects: [String] { [ModulePlan(context).objectPath(module), tableObject] }

  func steps() -> [Step] {
    let maker = self
    let write = Step(
      "write Unicode tables", inputs: [], outputs: [Self.source],
      actions: [
        .perform(label: "unicode tables 1 \(context.toolchain.version)") {
          () throws(ToolFailure) in try maker.writeTables()
        }
      ])
    let assemble = ToolCommand(
      context.assembler,
      ["--target=\(context.architecture.clangTarget)", "-c"] + context.architecture.userFlags
        + ["-o", tableObject, Self.source])
    return [
      ModulePlan(context).step(module, available: []), write,
      Step(
        "assemble Unicode tables (\(context.architecture.name))", after: [write.title],
        inputs: [Self.source], outputs: [tableObject], actions: [.run(assemble)]),
    ]
  }

  private func writeTables() throws(ToolFailure) {
    let folder = "\(context.root)/\(Self.folder)"
    let source = try UnicodeSource(
      archive: try UnicodeSource.hostArchive(context.toolchain), library: "\(folder)/host.so",
      toolchain: context.toolchain)
    let set = UnicodeTableSet(source)
    var lines = [
      "  .section .data.rel.ro._swift_stdlib_nfd_decompositions, \"aw\", %progbits",
      "  .balign 8", "  .globl _swift_stdlib_nfd_decompositions",
      "_swift_stdlib_nfd_decompositions:", "  .quad mnos_unicode_decompositions",
    ]
    for (name, bytes) in set.tables + [("decompositions", set.decompositions)] {
      try Files.write(bytes, to: "\(folder)/\(name).bin")
      lines += [
        "  .section .rodata.mnos_unicode_\(name), \"a\", %progbits", "  .balign 8",
        "  .globl mnos_unicode_\(name)", "mnos_unicode_\(name):",
        "  .incbin \"\(Self.folder)/\(name).bin\"",
      ]
    }
    lines += ["  .section .note.GNU-stack, \"\", %progbits", ""]
    try Files.write(lines.joined(separator: "\n"), to: "\(context.root)/\(Self.source)")
  }
}
