# What the system's own tools say of its devices, each tool under its own heading.
export LC_ALL=C
heading() { printf '\n=== %s\n' "$1"; }

# First, since a tool may have the kernel load what it asks: hciconfig brings in bluetooth.
heading lsmod
lsmod
heading lspci
lspci -Dnnk 2>/dev/null
heading lsusb
lsusb -t 2>/dev/null
heading ip
ip -d -j link
heading rdma
rdma -j link 2>/dev/null
heading hciconfig
hciconfig 2>/dev/null
heading builtin
sed 's#.*/##; s/\.ko$//; y/-/_/' "/lib/modules/$(uname -r)/modules.builtin"
heading virtio
for device in /sys/bus/virtio/devices/*; do
    [ -e "$device" ] || continue
    driver=$(readlink "$device/driver")
    echo "${device##*/} ${driver##*/} $(modprobe -R "$(cat "$device/modalias")" 2>/dev/null | tr '\n' ' ')"
done
heading pnp
for device in /sys/bus/pnp/devices/*; do
    [ -e "$device" ] || continue
    driver=$(readlink "$device/driver")
    echo "pnp:${device##*/} $(head -n 1 "$device/id") ${driver##*/}"
done
for device in /sys/bus/platform/devices/PNP80* /sys/bus/platform/devices/TCM*; do
    [ -e "$device" ] || continue
    driver=$(readlink "$device/driver")
    echo "platform:${device##*/} $(cat "$device/firmware_node/hid") ${driver##*/}"
done
heading links
for kind in $(ip -d -j link | grep -oE '"info_kind":"[a-z0-9]+"' | cut -d'"' -f4 | sort -u); do
    echo "$kind $(modprobe -R "rtnl-link-$kind" 2>/dev/null | tr '\n' ' ')"
done
heading drivers
for link in /sys/class/net/*; do
    [ -d "$link" ] || continue
    name=${link##*/}
    echo "$name $(ethtool -i "$name" 2>/dev/null | sed -n 's/^driver: //p')"
done
heading end
