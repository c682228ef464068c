// Cards on the ISA bus that announce themselves by Plug and Play, with their ports and interrupts.
DefinitionBlock ("", "SSDT", 1, "ADVLAB", "ISACARDS", 0x00000001)
{
    Scope (\_SB)
    {
        Device (CRD0)
        {
            Name (_HID, EisaId ("TCM5094"))  // 3Com EtherLink III, 3C509B
            Name (_UID, 1)
            Method (_STA, 0) { Return (0x0F) }
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16, 0x0210, 0x0210, 0x10, 0x10)
                IRQNoFlags () {5}
            })
        }
        Device (CRD1)
        {
            Name (_HID, EisaId ("PNP80D6"))  // NE2000 compatible
            Name (_UID, 2)
            Method (_STA, 0) { Return (0x0F) }
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16, 0x0340, 0x0340, 0x20, 0x20)
                IRQNoFlags () {11}
            })
        }
    }
}
