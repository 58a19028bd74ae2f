import FirmwareCall
import LoaderCore

/// Called by Entry.S with what the firmware passed; the result is the firmware's error for an
/// image that could not do its work. Source: UEFI 2.10, appendix D: EFI_LOAD_ERROR.
@c(mnos_loader_main)
public func loaderMain(image: UInt64, systemTable: UInt64) -> UInt64 {
  // SAFETY: these are the firmware's own words to an image that it starts.
  let firmware = unsafe Firmware(systemTable: systemTable, image: image)
  let console = Console(firmware)
  do throws(LoaderFailure) {
    try BootSequence.run(firmware)
  } catch {
    console.report(error)
    console.waitForKey()
  }
  return 1 << 63 | 1
}
