# SPDX-License-Identifier: BSD-2-Clause
#
# How user space is compiled.  Included by the top Makefile, paths from there.
#
#   BUILD            where everything goes: build/, by compiler and sanitizer
#   CC=clang         build/clang
#   SANITIZE=1       build/san: ASan and UBSan, the first finding ends the run
#   COVERAGE=1       build/cov: counts the lines that run (gcov)
#   MEMCHECK=1       build/memcheck: the daemon as tests/check-memory wants it
#   V=1              shows the commands
#
# Every source found is built: nothing is listed by name.

ifeq ($(origin CC),default)
CC := gcc
endif
AR ?= ar
PREFIX ?= /usr/local
PKG_CONFIG ?= pkg-config
# The one place where the version stands is the module.
MODULE_VERSION := $(shell sed -n 's/^MODULE_VERSION("\(.*\)");$$/\1/p' kmod/main.c)
VERSION ?= $(MODULE_VERSION)

variant := $(if $(filter-out gcc,$(notdir $(CC))),/$(notdir $(CC)))$(if $(SANITIZE),/san)$(if $(COVERAGE),/cov)$(if $(MEMCHECK),/memcheck)
BUILD ?= build$(variant)

WARNINGS := -Wall -Wextra -Wswitch-enum -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes -Werror
CPPFLAGS += -D_GNU_SOURCE -Iinclude/uapi -Iuserspace \
	-DSIPOVER_VERSION='"$(VERSION)"'
CFLAGS ?= -O2 -g
# The same bits wherever the tree lies.
ALL_CFLAGS := -std=gnu11 $(CFLAGS) $(WARNINGS) -fstack-protector-strong \
	-ffile-prefix-map=$(CURDIR)=.
ifdef SANITIZE
ALL_CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
else ifdef COVERAGE
# -O0: with more, lines are merged and some count as never run.
ALL_CFLAGS += -O0 --coverage -fprofile-abs-path
else
# Not with ASan: the fortified functions hide errors from it.
CPPFLAGS += -D_FORTIFY_SOURCE=2
endif

# The pure C of the module is the daemon's too.  main.c is in no archive, so
# that a unit test can link anything else.
SOURCES := $(wildcard userspace/core/*.c userspace/codec/*.c userspace/io/*.c) \
	$(filter-out userspace/main.c,$(wildcard userspace/*.c)) \
	kmod/parse.c kmod/classify.c
OBJECTS := $(SOURCES:%.c=$(BUILD)/obj/%.o)
MAIN := $(BUILD)/obj/userspace/main.o
ARCHIVE := $(BUILD)/libsipover.a
UNIT_SOURCES := $(wildcard tests/unit/test_*.c)
UNIT_TESTS := $(UNIT_SOURCES:tests/unit/%.c=$(BUILD)/unit/%)
# What tests/unit/test_*.sh run.
UNIT_HELPERS := $(BUILD)/unit/old_kernel

MODEL_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/model/*.c))

PACKAGES := libmnl liburing libconfuse jansson libssl libcrypto libcares
CPPFLAGS_PKG := $(shell $(PKG_CONFIG) --cflags $(PACKAGES))
# Of libosip2 only the parser: its .pc file would add the transaction layer.
LIBS := -losipparser2 -lresolv $(shell $(PKG_CONFIG) --libs $(PACKAGES))

quiet = $(if $(V),,@echo '  $(1)' '$(patsubst $(CURDIR)/%,%,$@)';)

$(BUILD)/sipoverd: $(MAIN) $(ARCHIVE)
	$(call quiet,LINK)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# Made anew: an archive keeps the object of a source that is gone.
$(ARCHIVE): $(OBJECTS)
	$(call quiet,AR  )rm -f $@ && $(AR) rcs $@ $^

ifdef MEMCHECK
$(BUILD)/obj/userspace/io/%.o: CPPFLAGS += -include tests/memcheck.h
endif

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call quiet,CC  )$(CC) $(CPPFLAGS) $(CPPFLAGS_PKG) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The exploration: compiled like the daemon, and linked with what it is made of.
$(BUILD)/model/explore: $(MODEL_OBJECTS) $(ARCHIVE)
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^

# A test program may include a .c file to reach its statics: its own compile
# only, the archive then supplies the rest.
$(BUILD)/unit/%: tests/unit/%.c $(ARCHIVE)
	@mkdir -p $(@D)
	$(call quiet,TEST)$(CC) $(CPPFLAGS) $(CPPFLAGS_PKG) -Itests $(ALL_CFLAGS) \
		-MMD -MP -MF $@.d $(LDFLAGS) -o $@ $< $(ARCHIVE) $(LIBS)

# Their own malloc() and so on come first for the code under test.
$(filter %_no_memory,$(UNIT_TESTS)): LDFLAGS += \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup

.PHONY: unit-tests core-objects
unit-tests: $(UNIT_TESTS) $(UNIT_HELPERS)
core-objects: $(filter $(BUILD)/obj/userspace/core/%,$(OBJECTS))

-include $(OBJECTS:.o=.d) $(MAIN:.o=.d) $(MODEL_OBJECTS:.o=.d) $(UNIT_TESTS:%=%.d) \
	$(UNIT_HELPERS:%=%.d)
