import KernelHAL

extension ACPIRoot {
  /// How the machine is turned off: looks in the DSDT first, then in each SSDT.
  ///
  /// - Parameter address: The DSDT's, or 0.
  public func sleepState(
    offByDefinitionBlockAt address: UInt64, noting report: inout FirmwareReport
  ) -> ACPISleepState? {
    if let block = table(.definitionBlock, at: address, noting: &report),
      let state = ACPISleepState(off: block)
    {
      return state
    }
    var skip: UInt64 = 0
    while let block = table(.secondaryDefinitionBlock, skip: skip, noting: &report) {
      if let state = ACPISleepState(off: block) { return state }
      skip += 1
    }
    return nil
  }
}
