import ToolSupport

/// What an architecture must supply besides Swift conformances, which the compiler checks.
/// docs/ports/porting.md explains each.
public enum PortContract {
  /// A part of the tree, and the symbols that its assembly and link script must define or use.
  public struct Part: Sendable {
    public let name: String
    /// Files and folders, with ARCH for the architecture's name.
    public let files: [String]
    public let symbols: [String]
  }

  public static let kernel = Part(
    name: "kernel.elf",
    files: [
      "platforms/ARCH/link.ld", "platforms/ARCH/asm", "platforms/ARCH/machine",
      "platforms/ARCH/tests",
    ],
    symbols: [
      // What entry code defines.
      "_start", "mnos_enter_user",
      // What entry code calls: unused functions are not in the linked file.
      "mnos_boot", "mnos_system_call", "mnos_trap", "mnos_kernel_trap",
      // What the link script defines.
      "mnos_image_start", "mnos_text_start", "mnos_text_end", "mnos_rodata_start",
      "mnos_rodata_end", "mnos_data_start", "mnos_data_end", "mnos_image_end",
      "mnos_boot_stack_guard", "mnos_boot_stack", "mnos_boot_stack_top", "mnos_symbols_start",
      // The boot protocol's requests, which the link script keeps.
      "mnos_paging_response",
    ])

  public static let start = Part(
    name: "libmnos/asm",
    files: ["libmnos/asm/ARCH.S"],
    symbols: [
      "_start", "mnos_perform_call", "mnos_thread_entry", "mnos_port_read8", "mnos_port_write8",
      "memcpy", "memmove", "memset", "memcmp", "free",
    ])

  public static let tests = Part(
    name: "userland-tests/asm",
    files: ["userland-tests/asm/ARCH.S"],
    symbols: [
      "mnos_test_code_address", "mnos_test_code_fact", "mnos_test_code_written",
      "mnos_test_forbidden_address",
    ])

  public static let loader = Part(
    name: "boot/loader",
    files: [
      "boot/loader/ARCH/Machine.swift", "boot/loader/ARCH/Entry.S",
      "boot/loader/ARCH/include/module.modulemap",
    ],
    symbols: [
      "efi_entry", "mnos_firmware_call", "mnos_enter_kernel", "mnos_text_start", "mnos_text_end",
    ])

  public static let documents = Part(name: "docs", files: ["docs/ports/ARCH.md"], symbols: [])

  /// What a build needs.
  public static let built = [kernel, start, tests, loader]
  public static let parts = built + [documents]

  /// Files of the contract that an architecture does not have.
  public static func missingFiles(
    of architecture: String, root: String, parts: [Part] = parts
  ) -> [String] {
    parts.flatMap(\.files).map { $0.replacingARCH(by: architecture) }
      .filter { !Files.exists("\(root)/\($0)") }
  }

  /// Symbols of a part that are not among `present`.
  public static func missingSymbols(of part: Part, present: [String]) -> [String] {
    let present = Set(present)
    return part.symbols.filter { !present.contains($0) }
  }

  /// - Throws: A failure that names what is missing.
  static func checkFiles(of architecture: Architecture, root: String) throws(ToolFailure) {
    let missing = missingFiles(of: architecture.name, root: root, parts: built)
    guard missing.isEmpty else { throw failure(architecture.name, missing) }
  }

  /// Looks for a part's symbols in what was assembled or linked for it.
  ///
  /// - Throws: A failure that names what is missing.
  static func checkSymbols(
    of part: Part, in object: String, context: BuildContext
  ) throws(ToolFailure) {
    let listing = try ToolCommand(
      context.toolchain.program("llvm-nm"), ["--defined-only", "--format=just-symbols", object]
    ).run(in: context.root)
    let missing = missingSymbols(
      of: part, present: listing.split(separator: "\n").map(String.init))
    guard missing.isEmpty else {
      throw failure("\(object) (\(part.name), \(context.architecture.name))", missing)
    }
  }

  private static func failure(_ what: String, _ missing: [String]) -> ToolFailure {
    ToolFailure(
      "\(what) lacks what docs/ports/porting.md asks of a port:\n"
        + missing.map { "  \($0)" }.joined(separator: "\n"))
  }
}

extension String {
  /// The path with an architecture's name in place of ARCH.
  fileprivate func replacingARCH(by name: String) -> String {
    split(separator: "/", omittingEmptySubsequences: false)
      .map { part in
        part == "ARCH" ? name : part.hasPrefix("ARCH.") ? name + part.dropFirst(4) : String(part)
      }
      .joined(separator: "/")
  }
}
