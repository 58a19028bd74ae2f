import FirmwareCall
import LoaderCore

/// From the configuration to the kernel's first instruction.
enum BootSequence {
  /// Stack that a kernel gets that does not ask for more.
  private static var stackByteCount: UInt64 { 65_536 }

  /// Boots, or throws before the firmware's boot services have ended.
  static func run(_ firmware: Firmware) throws(LoaderFailure) {
    firmware.stopWatchdog()
    let volume = try Volume(firmware)
    let text = try configurationText(on: volume)
    let configuration = try text.parse()
    announce(configuration, on: firmware)
    var facts = HandoffFacts()
    var additions = FirmwareMap.Additions()
    let path = configuration.kernelPath
    let file = try kernelFile(path, on: volume)
    facts.kernelFile = file.place
    additions.add(file.pages.address, UInt64(file.pages.byteCount), .kernelAndModules)
    try loadModules(configuration, on: volume, facts: &facts, additions: &additions)
    do throws(LoaderFailure) {
      try start(file, configuration, text, Handoff(firmware, facts, additions))
    } catch {
      throw error.about(path)
    }
  }

  /// Loads the kernel's image out of its file and enters it.
  private static func start(
    _ file: borrowing FileContents, _ configuration: BootConfiguration,
    _ text: borrowing ConfigurationFile, _ handoff: consuming Handoff
  ) throws(LoaderFailure) {
    var kernel = try KernelImage(file, firmware: handoff.firmware)
    try handoff.run(&kernel, configuration, text: text.contents.bytes())
  }

  /// The configuration, from the first of the places where Limine looks for it.
  ///
  /// Source: Limine CONFIG.md, "Location of the config file".
  private static func configurationText(
    on volume: Volume
  ) throws(LoaderFailure) -> ConfigurationFile {
    for place in 0..<5 {
      let path =
        switch place {
        case 0: BootPath("/limine.conf")
        case 1: BootPath("/limine/limine.conf")
        case 2: BootPath("/boot/limine.conf")
        case 3: BootPath("/boot/limine/limine.conf")
        default: BootPath("/EFI/BOOT/limine.conf")
        }
      if let contents = try volume.readIfPresent(path) {
        return ConfigurationFile(path: path, contents: contents)
      }
    }
    throw LoaderFailure(
      "limine.conf is missing", "put it into / or /boot of the volume with the loader")
  }

  private static func kernelFile(
    _ path: BootPath, on volume: Volume
  ) throws(LoaderFailure) -> FileContents {
    if let file = try volume.readIfPresent(path) { return file }
    throw LoaderFailure(
      "the kernel is missing", "put it there, or correct 'path' in limine.conf"
    ).about(path)
  }

  private static func loadModules(
    _ configuration: BootConfiguration, on volume: Volume, facts: inout HandoffFacts,
    additions: inout FirmwareMap.Additions
  ) throws(LoaderFailure) {
    for index in 0..<configuration.moduleCount {
      let path = configuration[module: index].path
      guard let file = try volume.readIfPresent(path) else {
        throw LoaderFailure(
          "the module is missing", "put it there, or correct 'module_path' in limine.conf"
        ).about(path)
      }
      facts.modules[index] = file.place
      additions.add(file.pages.address, UInt64(file.pages.byteCount), .kernelAndModules)
    }
  }

  private static func announce(_ configuration: BootConfiguration, on firmware: Firmware) {
    var line = FirmwareText()
    line.append(StaticText("mnos boot loader: starting "))
    line.append(configuration.kernelPath)
    Console(firmware).print(line)
  }
}

/// The configuration's text and where it was found.
private struct ConfigurationFile: ~Copyable {
  let path: BootPath
  let contents: FileContents

  /// What it says; failures name it.
  func parse() throws(LoaderFailure) -> BootConfiguration {
    do throws(LoaderFailure) {
      return try BootConfiguration(contents.bytes())
    } catch {
      throw error.about(path)
    }
  }
}

/// The kernel in memory, ready but for the answers to its requests.
struct KernelImage: ~Copyable {
  let plan: ELFLoadPlan
  let scan: RequestScan
  var pages: LoadedPages

  init(_ file: borrowing FileContents, firmware: Firmware) throws(LoaderFailure) {
    let plan = try ELFLoadPlan(file.bytes(), machine: Machine.elfMachine)
    var pages = try firmware.allocate(
      plan.placement, for: "too little memory for the kernel's image; KiB needed")
    try Self.load(plan, file, into: &pages)
    let scan = try RequestScan(pages.contents(of: UInt8.self))
    self.plan = plan
    self.scan = scan
    self.pages = pages
  }

  private static func load(
    _ plan: ELFLoadPlan, _ file: borrowing FileContents, into pages: inout LoadedPages
  ) throws(LoaderFailure) {
    var image = pages.mutableContents(of: UInt8.self)
    try plan.load(file.bytes(), into: &image, machine: Machine.elfMachine)
  }

  /// Word `index` of the request for `feature`, if the kernel makes it.
  func word(_ index: Int, of feature: LimineFeature) -> UInt64? {
    scan.word(index, of: feature, in: pages.contents(of: UInt8.self))
  }

  /// The paging mode that the kernel and this machine agree on.
  func pagingMode() throws(LoaderFailure) -> UInt64 {
    let choice = PagingChoice(
      scan, image: pages.contents(of: UInt8.self), standard: Machine.standardPagingMode)
    return try choice.mode(among: Machine.pagingModes)
  }
}
