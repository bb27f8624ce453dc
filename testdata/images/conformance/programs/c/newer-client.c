/* A program that needs a version of glibc that Debian 12 does not have. The
   loader refuses it before it begins. */
long conformance_newer(void);

void _start(void)
{
	conformance_newer();
	for (;;)
		;
}
