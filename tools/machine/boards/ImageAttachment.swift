import Foundation

/// What kind of drive a machine finds the image in.
public enum ImageAttachment: String, Sendable, CaseIterable {
  /// A CD in a drive at an AHCI controller.
  case cd = "CD"
  /// A CD in a drive at a paravirtual SCSI controller.
  case scsiCD = "CD at virtio SCSI"
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
  /// Drives that are writable in life are so here, and what is written to them is forgotten. QEMU
  /// has no read-only disks of some kinds, and Limine on a read-only stick makes EDK2 fail.
  func arguments(image: String) -> [String] {
    let access = [.ahci, .usb, .nvme].contains(self) ? "snapshot=on" : "readonly=on"
    let medium = self == .cd || self == .scsiCD ? ",media=cdrom" : ""
    let file = image.replacingOccurrences(of: ",", with: ",,")
    return ["-drive", "if=none,id=image,format=raw,\(access)\(medium),file=\(file)"]
      + devices.flatMap { ["-device", $0] }
  }

  private var devices: [String] {
    switch self {
    case .cd: ["ich9-ahci,id=disks", "ide-cd,bus=disks.0,drive=image,bootindex=0"]
    case .scsiCD: ["virtio-scsi-pci", "scsi-cd,drive=image,bootindex=0"]
    case .ahci: ["ich9-ahci,id=disks", "ide-hd,bus=disks.0,drive=image,bootindex=0"]
    case .usb: ["qemu-xhci", "usb-storage,drive=image,bootindex=0"]
    case .nvme: ["nvme,serial=mnos,drive=image,bootindex=0"]
    case .virtioPCI: ["virtio-blk-pci,drive=image,bootindex=0"]
    case .virtioMMIO: ["virtio-blk-device,drive=image,bootindex=0"]
    }
  }
}
