# SPDX-License-Identifier: BSD-2-Clause
#
# The entry: what can be built and run.  How it is done stands in
# userspace/build.mk, tools/build.mk and the scripts named below.

.DEFAULT_GOAL := all

include userspace/build.mk
include tools/build.mk
include tools/web/build.mk
include tests/bench/build.mk
include tests/sim/build.mk
include tests/fuzz/build.mk

KDIR ?= /lib/modules/$(shell uname -r)/build
DKMS_SOURCE = $(DESTDIR)/usr/src/sipover-$(MODULE_VERSION)

.PHONY: all userspace tools web module check check-kernels check-sim check-icmp check-conformance \
	check-long check-debug check-web screenshots \
	check-forgery demo bench \
	bench-kmod bench-scale bench-load \
	kselftest kselftest-install install uninstall clean lint static contract unit memory \
	faults ladders model fuzz coverage help

all: userspace tools	## the daemon and sipoverctl

userspace: $(BUILD)/sipoverd	## the daemon: build/sipoverd

tools: $(BUILD)/sipoverctl	## build/sipoverctl

web:	## build/sipover-web: the page's server, if its libraries are there

module:	## sipover.ko for the running kernel, or KDIR=
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

check:	## the gate: every test; no network but the package archive
	tools/packages/install demo check
	tests/check

check-sim: $(BUILD)/sim	## the agent on a virtual network: seeds, golden traces, 10^4 schedules, planted bugs
	BUILD=$(BUILD) tests/check-sim

check-icmp: $(BUILD)/sim $(BUILD)/sipoverd $(BUILD)/sipoverctl	## the ICMP table: each row on a virtual network, each class in the guest
	BUILD=$(BUILD) tests/check-icmp
	BUILD=$(BUILD) tests/check-icmp --guest

check-conformance: userspace unit-tests $(BUILD)/sim	## each row of the vendors' documents by its test, real peers, changes that must be caught; no gate
	tools/packages/install demo check conformance
	BUILD=$(BUILD) tests/check-conformance

# Not always as Debian's packages: nodejs of the Node project has npm inside.
check-web: userspace tools	## the page, in Debian's Chromium with the real daemon and SIP servers (root); no gate
	$(MAKE) web
	tools/packages/install demo check web
	command -v node >/dev/null && command -v npm >/dev/null || tools/packages/install node
	BUILD=$(BUILD) tests/check-web
	BUILD=$(BUILD) tests/check-web --faults

screenshots: userspace tools	## docs/page-*.png drawn anew, from a run of all of it (root)
	$(MAKE) web
	BUILD=$(BUILD) tests/check-web --screenshots

check-kernels:	## the module and its tests on every kernel it claims; fetches 0.8 GB, builds one
	tools/packages/install kernels debug
	tests/check-kernels

check-forgery:	## 10^6 forged errors of each kind against the module: in a guest; no gate
	tools/packages/install demo check
	tests/check-forgery

demo:	## the SIP server dies, the phone moves to its backup: in a guest
	tests/demo/run

bench:	## time to the backup, beside a bare loop and other phones (root)
	tests/bench/run

bench-kmod:	## what the module costs a packet, in instructions: in a guest
	tools/packages/install bench-kmod
	tests/bench-kmod/run

bench-scale:	## what a line costs a daemon of 100 to 10 000 (root)
	tests/bench-scale/run

bench-load:	## a failover beside 200 clients and 50 web sessions (root)
	tests/bench-scale/run --load

unit: unit-tests $(BUILD)/sipoverd $(BUILD)/sipoverctl web	## unit tests; SANITIZE=1 with ASan and UBSan
	BUILD=$(BUILD) tests/run-unit

ladders: $(BUILD)/sipoverd $(BUILD)/sipoverctl	## docs/ladders.md drawn anew, from runs of the daemon (root)
	LADDERS=write BUILD=$(BUILD) tests/unit/test_sipoverd_ladders.sh

model: $(BUILD)/model/explore	## every reachable state of the failover machines
	BUILD=$(BUILD) tests/check-model $(MODEL)

check-long:	## what takes long: more states, 10^6 schedules, fuzzers for longer
	tools/packages/install demo check long
	tests/check --long

check-debug:	## the module in a kernel that looks for mistakes, which is built first (hours; no gate)
	tools/packages/install demo debug
	tests/check-debug

lint:	## include rules, sizes, licences, the contract's three faces
	tests/check-layout
	tests/check-contract
	tests/check-requirements
	reuse lint -q || reuse lint

static:	## clang-tidy, cppcheck, shellcheck; the kernel's own checks of the module
	tests/check-static shell
	tests/check-static cppcheck
	tests/check-static tidy
	tests/check-kstatic
	tests/check-kstatic sparse

contract:	## header, YAML specification and kernel policies say the same
	tests/check-contract

coverage:	## the lines of core and codec that the unit tests run
	tests/check-coverage

memory:	## valgrind: one failover of the daemon, the unit tests of core and codec
	tests/check-memory

fuzz:	## fuzzers over all parsers and state machines, 20 s each
	tests/check-fuzz

faults:	## every kselftest fails when the module is broken on purpose
	tests/check-faults

kselftest: module	## run the kernel tests on this machine (root)
	$(MAKE) -C tests/selftests OUTPUT=$(CURDIR)/$(BUILD)/selftests
	SIPOVER_KO=$(CURDIR)/sipover.ko SIPOVER_SELFTEST_BIN=$(CURDIR)/$(BUILD)/selftests \
		tests/selftests/run.sh

kselftest-install: module	## copy the kernel tests to INSTALL_PATH=
	@test -n "$(INSTALL_PATH)" || { echo "INSTALL_PATH= is missing" >&2; exit 64; }
	$(MAKE) -C tests/selftests install OUTPUT=$(CURDIR)/$(BUILD)/selftests \
		INSTALL_PATH=$(abspath $(INSTALL_PATH))
	install -m 644 sipover.ko $(INSTALL_PATH)/

INSTALL = BUILD=$(BUILD) DESTDIR=$(DESTDIR) PREFIX=$(PREFIX) \
	SYSCONFDIR=$(SYSCONFDIR) UNITDIR=$(UNITDIR) INIT=$(INIT) PART="$(PART)" tools/package/install

install: all	## all but the module, below DESTDIR=; PREFIX=, INIT=, PART=: tools/package/install
	$(INSTALL)

uninstall:	## what `make install` put there; not the configuration
	$(INSTALL) remove

.PHONY: deb
deb:	## Debian packages, in build/deb
	tools/packages/install demo deb
	tools/package/deb $(BUILD)/deb

.PHONY: check-package
check-package:	## the Debian packages on a Debian that boots in the emulator; no gate
	tools/packages/install demo deb package
	BUILD=$(BUILD) tests/check-package

.PHONY: check-recipes
check-recipes:	## the commands of the recipes for Buildroot and OpenWrt, for arm64; no gate
	tools/packages/install demo deb package kernels
	tests/check-recipes

# dkms.conf says #MODULE_VERSION# as dh_dkms wants it.
.PHONY: dkms-source
dkms-source:	## the module's source for DKMS, in DESTDIR/usr/src/sipover-VERSION
	@for file in Kbuild include/uapi/linux/sipover.h $$(find kmod -name '*.[ch]'); do \
		install -D -m 644 $$file $(DKMS_SOURCE)/$$file || exit; \
	done
	sed 's/#MODULE_VERSION#/$(MODULE_VERSION)/' dkms.conf >$(DKMS_SOURCE)/dkms.conf

clean:	## what was built
	rm -rf build
	find . -path ./.git -prune -o \( -name '*.o' -o -name '*.ko' -o -name '*.mod' \
		-o -name '*.mod.c' -o -name '.*.cmd' -o -name modules.order \
		-o -name Module.symvers \) -type f -exec rm -f {} +

help:	## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | \
		awk -F'|' '{ printf "%-26s%s\n", $$1, $$2 }'
