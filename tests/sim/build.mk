# SPDX-License-Identifier: BSD-2-Clause
#
# The simulator: the agent's own objects, but for most of userspace/io/,
# with the io of tests/sim.  Included by the top Makefile after userspace/build.mk.
#

SIM_SOURCES := $(wildcard tests/sim/*.c)
SIM_OBJECTS := $(SIM_SOURCES:%.c=$(BUILD)/obj/%.o)
SIM_IO := store heap
SIM_AGENT := $(filter-out $(BUILD)/obj/userspace/io/%,$(OBJECTS)) \
	$(SIM_IO:%=$(BUILD)/obj/userspace/io/%.o)

$(BUILD)/sim: $(SIM_OBJECTS) $(SIM_AGENT)
	$(call quiet,LINK)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

-include $(SIM_OBJECTS:.o=.d)

# The same with one file of the agent broken: FAULT=directory with fault.c,
# FAULT_OF=the source that it replaces (tests/check-sim).
.PHONY: sim-fault
sim-fault: $(SIM_OBJECTS) $(SIM_AGENT)
	$(CC) $(CPPFLAGS) $(CPPFLAGS_PKG) -iquote $(dir $(FAULT_OF)) \
		$(ALL_CFLAGS) -w -c -o $(FAULT)/fault.o $(FAULT)/fault.c
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $(FAULT)/sim \
		$(filter-out $(BUILD)/obj/$(FAULT_OF:.c=.o),$^) \
		$(FAULT)/fault.o $(LIBS)
