# SPDX-License-Identifier: BSD-2-Clause
#
# sipoverctl.  Of the daemon's it takes only the contract, the control
# socket's language, the causes' names, and the configuration's reader for what
# it imports; the only place for libnl.

TOOL_SOURCES := $(wildcard tools/*.c tools/cmd/*.c)
TOOL_OBJECTS := $(TOOL_SOURCES:%.c=$(BUILD)/obj/%.o)
TOOL_SHARED := codec/ctl core/addr core/verdict
TOOL_OBJECTS += $(TOOL_SHARED:%=$(BUILD)/obj/userspace/%.o)
TOOL_PACKAGES := libnl-genl-3.0 jansson
TOOL_LIBS := -lresolv $(shell $(PKG_CONFIG) --libs $(TOOL_PACKAGES) libconfuse)

$(TOOL_SOURCES:%.c=$(BUILD)/obj/%.o): CPPFLAGS_PKG := $(shell $(PKG_CONFIG) --cflags $(TOOL_PACKAGES)) -Itools

$(BUILD)/sipoverctl: $(TOOL_OBJECTS) $(ARCHIVE)
	$(call quiet,LINK)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(TOOL_LIBS)

-include $(TOOL_OBJECTS:.o=.d)
