import ToolSupport

/// The steps to a Unicode library for a machine that the toolchain has none for: tables that are
/// made from what it knows for this host, and functions that read them.
struct UnicodePlan {
  let context: BuildContext

  private var folder: String { "\(context.folder)/unicode" }
  private var tableObject: String { "\(folder)/tables.o" }

  private let module = ModuleSpec(
    "UnicodeTables", side: .user, folders: ["platforms/unicode"],
    shims: ["platforms/unicode/include"])

  /// What programs are linked with; only what they use stays in them.
  var objects: [String] { [ModulePlan(context).objectPath(module), tableObject] }

  func steps() -> [Step] {
    let source = "\(folder)/tables.S"
    let assemble = ToolCommand(
      context.assembler,
      ["--target=\(context.architecture.clangTarget)", "-c"] + context.architecture.userFlags
        + ["-o", tableObject, source])
    let maker = self
    return [
      ModulePlan(context).step(module, available: []),
      Step(
        "write Unicode tables (\(context.architecture.name))", inputs: [],
        outputs: [tableObject, source],
        actions: [
          .perform(label: "unicode tables 1 \(context.toolchain.version)") {
            () throws(ToolFailure) in try maker.writeTables(source)
          },
          .run(assemble),
        ]),
    ]
  }

  private func writeTables(_ assembly: String) throws(ToolFailure) {
    let folder = "\(context.root)/\(folder)"
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
        "  .incbin \"\(self.folder)/\(name).bin\"",
      ]
    }
    lines += ["  .section .note.GNU-stack, \"\", %progbits", ""]
    try Files.write(lines.joined(separator: "\n"), to: "\(context.root)/\(assembly)")
  }
}
