import Foundation

/// What kind of drive a machine finds the image in.
public enum ImageAttachment: String, Sendable, CaseIterable {
  /// A CD in an ATA drive.
  case cd = "CD"
  /// A disk at an AHCI controller.
  case ahci = "AHCI disk"
  /// A stick at an XHCI controller.
  case usb = "USB stick"
  /// A drive at the PCI bus.
  case nvme = "NVMe drive"
  /// A paravirtual disk at the PCI bus.
  case virtioPCI = "virtio disk at PCI"
  /// A paravirtual disk with its registers in memory.
  case virtioMMIO = "virtio disk in memory"

  /// QEMU's words for it; firmware starts from this drive first.
  ///
  /// QEMU has no read-only disks of some kinds; what is written to those is forgotten.
  func arguments(image: String) -> [String] {
    let access = self == .ahci || self == .nvme ? "snapshot=on" : "readonly=on"
    let medium = self == .cd ? ",media=cdrom" : ""
    let file = image.replacingOccurrences(of: ",", with: ",,")
    return ["-drive", "if=none,id=image,format=raw,\(access)\(medium),file=\(file)"]
      + devices.flatMap { ["-device", $0] }
  }

  private var devices: [String] {
    switch self {
    case .cd: ["ide-cd,drive=image,bootindex=0"]
    case .ahci: ["ich9-ahci,id=disks", "ide-hd,bus=disks.0,drive=image,bootindex=0"]
    case .usb: ["qemu-xhci", "usb-storage,drive=image,bootindex=0"]
    case .nvme: ["nvme,serial=mnos,drive=image,bootindex=0"]
    case .virtioPCI: ["virtio-blk-pci,drive=image,bootindex=0"]
    case .virtioMMIO: ["virtio-blk-device,drive=image,bootindex=0"]
    }
  }
}
