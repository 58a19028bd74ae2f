import ToolSupport

/// Counts the trap instructions of a linked kernel, and holds each against the list in
/// kernel/traps; see docs/design/traps.md.
struct TrapCheck {
  let context: BuildContext

  /// - Throws: A failure that names each place that the list does not.
  func run() throws(ToolFailure) {
    let list = try TrapList(root: context.root)
    let bytes = try Files.bytes(of: "\(context.root)/\(context.kernelPath)")
    let file = try ELFFile(bytes, name: context.kernelPath)
    let addresses = try TrapInstructions.addresses(in: file, bytes: bytes, context: context)
    let sites = try TrapSymbolizer(context: context).sites(at: addresses)
    var sources = SourceLines(root: context.root)
    let complaints =
      list.complaints(about: sites, architecture: context.architecture.name)
      + list.staleEntries(in: &sources)
    let report = TrapReport(sites)
    try Files.write(report.text, to: "\(context.root)/\(context.trapReportPath)")
    guard !complaints.isEmpty else { return }
    let text = complaints.joined(separator: "\n")
    // Another compiler inlines and folds otherwise, so its counts say nothing about the sources.
    guard list.compiler == Version(firstIn: context.toolchain.version) else {
      return Report.notice("traps were counted with another compiler; not judged:\n\(text)")
    }
    throw ToolFailure("\(report.summary); kernel/traps says otherwise:\n\(text)")
  }
}

/// What is known of a kernel's trap instructions once they are counted.
public struct TrapReport {
  private let sites: [TrapSite]

  init(_ sites: [TrapSite]) { self.sites = sites }

  /// One line for a person.
  var summary: String {
    let places = Set(sites.map { "\($0.place.file):\($0.line) \($0.place.text)" }).count
    return "\(sites.count) trap instructions from \(places) places in the sources"
  }

  /// The summary, then each instruction.
  var text: String {
    let lines = sites.map { site in
      "\(String(site.address, radix: 16)) \(site.place.file):\(site.line): \(site.check) | "
        + site.place.text
    }
    return ([summary] + lines).joined(separator: "\n") + "\n"
  }

  /// The summary of a kernel that was built.
  public static func summary(of context: BuildContext) throws(ToolFailure) -> String {
    let text = try Files.text(of: "\(context.root)/\(context.trapReportPath)")
    return String(text.prefix { $0 != "\n" })
  }
}
