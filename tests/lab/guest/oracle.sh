# What the system's own tools say of its devices, each tool under its own heading.
export LC_ALL=C
heading() { printf '\n=== %s\n' "$1"; }

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
heading lsmod
lsmod
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
    echo "${device##*/} $(head -n 1 "$device/id") ${driver##*/}"
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
