#!/usr/bin/env bash
# A house of several hosts behind one real sshd on the loopback address: three that are well, one that is asked without
# Python, one that has none, one whose Python is too old, and one that is away.
set -eu

work=$(mktemp -d)
port=$((20000 + RANDOM % 20000))
mkdir -p /run/sshd
ssh-keygen -q -t ed25519 -N "" -f "$work/key"
ssh-keygen -q -t ed25519 -N "" -f "$work/host"
cat >"$work/sshd_config" <<END
Port $port
ListenAddress 127.0.0.1
HostKey $work/host
AuthorizedKeysFile $work/key.pub
StrictModes no
UsePAM no
PidFile $work/pid
MaxStartups 100
MaxSessions 100
Subsystem sftp internal-sftp
END
"$(command -v sshd || echo /usr/sbin/sshd)" -f "$work/sshd_config" -E "$work/log"
trap 'kill "$(cat "$work/pid")"; rm -rf "$work"' EXIT

old=$(command -v python3.6 || command -v python3.7 || command -v python2.7 || true)
python=/usr/bin/python3
[ -x $python ] || python=$(command -v python3)
cat >"$work/inventory.ini" <<END
[well]
router
nas
media
[odd]
appliance kernel_advisor_method=raw ansible_python_interpreter=/nowhere/python3
bare ansible_python_interpreter=/nowhere/python3
${old:+old ansible_python_interpreter=$old}
${old:+relic kernel_advisor_method=auto ansible_python_interpreter=$old}
away ansible_port=1
[all:vars]
ansible_host=127.0.0.1
ansible_port=$port
ansible_user=$(id -un)
ansible_ssh_private_key_file=$work/key
ansible_ssh_common_args=-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ControlPath=$work/%h-%r-%p
ansible_python_interpreter=$python
END

export ANSIBLE_HOST_KEY_CHECKING=false ANSIBLE_CONTROL_PATH_DIR=$work
for pipelining in false true; do
    ANSIBLE_PIPELINING=$pipelining ansible-playbook -i "$work/inventory.ini" house.yml \
        -e @../../integration_config.yml -e "report=$work/report.json" "$@"
done
