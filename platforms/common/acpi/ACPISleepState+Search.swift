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
    var index: UInt64 = 0
    while let block = table(.secondaryDefinitionBlock, from: &index, noting: &report) {
      if let state = ACPISleepState(off: block) { return state }
    }
    return nil
  }
}
